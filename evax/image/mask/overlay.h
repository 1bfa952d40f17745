#pragma once

#include <cstddef>
#include <span>

#include "evax/image/heat/colour_map.h"
#include "evax/image/image.h"

namespace evax::image {

/// A mask to be drawn: its area translucent, its border opaque.
struct OverlayLayer {
  const Image* mask = nullptr;
  Rgb colour{};
  double opacity = 0.3;  // of the area; 0 leaves the border alone
};

/// Okabe and Ito's colours, which colour-blind readers can distinguish; the same again after six.
Rgb overlay_colour(size_t index);

Image to_rgb(const Image& image);

/// An X-ray in RGB with masks over it, the last on top. Borders are as wide as 1/400 of the shorter
/// side, at least a pixel. Throws Error for a mask of another size.
Image draw_overlay(const Image& image, std::span<const OverlayLayer> layers);

}  // namespace evax::image
