#pragma once

#include <array>
#include <cstdint>

#include "evax/image/image.h"

namespace evax::data {

/// The operations of timm's RandAugment, in timm's order.
enum class Operation {
  auto_contrast,
  equalize,
  invert,
  rotate,
  posterize,
  solarize,
  solarize_add,
  color,
  contrast,
  brightness,
  sharpness,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
};
inline constexpr int operation_count = 15;

using Colour = std::array<uint8_t, 3>;

/// Applies an operation as Pillow does on 8 bits, bit for bit. `argument` is what it takes there:
/// degrees counter-clockwise (rotate), bits kept (posterize), the threshold (solarize), levels
/// added (solarize_add), the factor (color to sharpness), the slope (shear_*), a part of the width
/// or height (translate_*); the first three take none. Geometry is bicubic, with `fill` where the
/// picture is left. A grey picture, with a grey fill, becomes what the RGB picture of equal
/// channels becomes.
void apply(Operation operation, double argument, const Colour& fill, image::Image& image);

}  // namespace evax::data
