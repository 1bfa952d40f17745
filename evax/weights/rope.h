#pragma once

#include <vector>

namespace evax::weights {

/// Cosine and sine of the rotary angle of every patch and channel of a head: [grid*grid, 64],
/// patches row-major, no row for the cls token. Channels 0..31 hold the row angles, 32..63 the
/// column angles; each of the 16 frequencies fills two neighbouring channels.
struct RopeTables {
  std::vector<float> cos, sin;
};

/// The tables for a grid x grid image whose positions are t = i / grid * ref_grid, with bands
/// 10000^(-j/16) (spec A.3). Computed in float32 step by step as the official code does, so that
/// equal sizes give its tables to the last bits.
RopeTables rope_tables(int grid, int ref_grid);

}  // namespace evax::weights
