#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/core/random.h"
#include "evax/data/loader.h"

namespace evax::data {

/// The table [mask] of a pre-training recipe: which patches of an image are hidden (spec B.2).
struct MaskConfig {
  std::string kind = "block";  // block | random | alternating (every second patch, from the first)
  int patches = 59;            // hidden of an image, at most
  int min_patches = 16;        // area of one block, at least
};

/// Throws Error naming the key when the mask would hide nothing or everything of a grid.
void check_mask(const MaskConfig& config, int grid);

/// The mask of an image for one epoch, [grid * grid] row by row, 1 where a patch is hidden; keyed
/// by (seed, epoch, sample, Draw::mask).
std::vector<uint8_t> draw_mask(const MaskConfig& config, int grid, const Key& key);

/// BEiT's block-wise mask (Bao et al., arXiv 2106.08254; spec B.2): rectangles of at least
/// `min_patches`, aspect ratio log-uniform in [0.3, 1 / 0.3], until `patches` are hidden or ten
/// attempts in a row add none: often a few less.
std::vector<uint8_t> block_mask(int grid, int patches, int min_patches, DrawSource& random);

}  // namespace evax::data
