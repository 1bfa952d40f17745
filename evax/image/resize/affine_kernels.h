#pragma once

#include <cstddef>
#include <cstdint>

#include "evax/image/resize/affine.h"

namespace evax::image {

/// One channel with its edges repeated, so that every neighbourhood of 4 x 4 lies inside.
struct PaddedPlane {
  static constexpr int margin = 2;

  const uint8_t* pixels;  // of (-margin, -margin)
  int stride;             // bytes from a row to the next
  int width;              // without the margins
  int height;
};

/// Row `y` of the transformed plane to `out`, `width` pixels. Float64 without fused operations:
/// every instruction set gives the same bytes.
void transform_row(const PaddedPlane& plane, const Affine& matrix, int y, uint8_t fill,
                   uint8_t* out);

}  // namespace evax::image
