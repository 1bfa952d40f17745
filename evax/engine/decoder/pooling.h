#pragma once

#include "evax/engine/decoder/feature_map.h"

namespace evax::engine {

/// Row `row` of `y`: the largest of each 2 x 2 pixels of `map`, float32; an odd last row or column
/// is left out, as PyTorch's max_pool2d does.
void max_pool_row(const FeatureMap& map, size_t row, size_t channels, const FeatureMap& y);

/// The map's mean over each of side x side nearly equal cells, as PyTorch's adaptive_avg_pool2d:
/// float32 [side^2, channels].
void average_pool(const FeatureMap& map, size_t side, size_t channels, const Matrix& y);

}  // namespace evax::engine
