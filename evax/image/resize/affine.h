#pragma once

#include <array>

#include "evax/image/image.h"

namespace evax::image {

/// Where a pixel of the result comes from: (x, y) -> (m[0] x + m[1] y + m[2], m[3] x + m[4] y +
/// m[5]) in pixels of the source; pixel centres lie at halves.
using Affine = std::array<double, 6>;

/// Pillow's Image.transform(image.size, AFFINE, matrix, BICUBIC, fillcolor) on 8 bits, bit for bit:
/// Keys' cubic with a = -1 in float64, edges repeated, results truncated; `fill` (per channel; a
/// grey picture takes the first) where the source is left.
Image transform(const Image& image, const Affine& matrix, const std::array<uint8_t, 3>& fill);

}  // namespace evax::image
