#pragma once

#include <span>

#include "evax/image/heat/colour_map.h"
#include "evax/image/mask/components.h"

namespace evax::image {

/// An X-ray in RGB with a heat map [height, width] over it: viridis, the more opaque the larger the
/// value, from 0 (the X-ray alone) to 1.
Image draw_heat(const Image& image, std::span<const float> map);

/// A rectangle's border, as far as it is on the picture (RGB).
void draw_box(Image& image, const Box& box, const Rgb& colour);
/// A ring around a pixel.
void draw_ring(Image& image, const Pixel& centre, const Rgb& colour);

}  // namespace evax::image
