#pragma once

#include "evax/engine/workspace.h"

namespace evax::engine {

/// A square map of features, pixel after pixel (channels last), so that any row of pixels is a
/// matrix. Where a 3 x 3 convolution reads it, a border of one pixel of zeros lies around it.
struct FeatureMap {
  Matrix pixels;
  size_t side = 0;
  size_t border = 0;

  /// The pixels from (row, column) on. Counted with the border: (0, 0) is its corner.
  Matrix window(size_t row, size_t column) const {
    return {static_cast<std::byte*>(pixels.row(row * (side + 2 * border) + column)), pixels.stride,
            pixels.element};
  }
  /// The pixels of a row, without the border.
  Matrix row(size_t row) const { return window(row + border, border); }
};

/// Zeroed, in the arena's memory; `channels` with the padding of the product that writes them.
inline FeatureMap make_map(Arena& arena, size_t side, size_t channels, size_t element,
                           size_t border = 0) {
  const size_t width = side + 2 * border;
  const size_t stride = padded_stride(channels, element);
  return {{static_cast<std::byte*>(arena.take(width * width * stride * element)), stride, element},
          side,
          border};
}

}  // namespace evax::engine
