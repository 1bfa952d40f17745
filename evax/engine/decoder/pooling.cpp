#include "evax/engine/decoder/pooling.h"

#include <algorithm>

namespace evax::engine {
namespace {

// The pixels of a cell; cells of a side that does not divide the map's share some.
Rows cell(size_t index, size_t cells, size_t side) {
  return {index * side / cells, ((index + 1) * side + cells - 1) / cells};
}

}  // namespace

void max_pool_row(const FeatureMap& map, size_t row, size_t channels, const FeatureMap& y) {
  for (size_t column = 0; column < y.side; ++column) {
    auto* largest = static_cast<float*>(y.row(row).row(column));
    for (const size_t part : {0, 1, 2, 3}) {
      const auto* pixel =
          static_cast<const float*>(map.row(2 * row + part / 2).row(2 * column + part % 2));
      for (size_t c = 0; c < channels; ++c)
        largest[c] = part == 0 ? pixel[c] : std::max(largest[c], pixel[c]);
    }
  }
}

void average_pool(const FeatureMap& map, size_t side, size_t channels, const Matrix& y) {
  for (size_t i = 0; i < side * side; ++i) {
    const Rows rows = cell(i / side, side, map.side);
    const Rows columns = cell(i % side, side, map.side);
    auto* mean = static_cast<float*>(y.row(i));
    std::fill_n(mean, channels, 0.0F);
    for (size_t row = rows.begin; row < rows.end; ++row)
      for (size_t column = columns.begin; column < columns.end; ++column) {
        const auto* pixel = static_cast<const float*>(map.row(row).row(column));
        for (size_t c = 0; c < channels; ++c) mean[c] += pixel[c];
      }
    const auto count = static_cast<float>(rows.count() * columns.count());
    for (size_t c = 0; c < channels; ++c) mean[c] /= count;
  }
}

}  // namespace evax::engine
