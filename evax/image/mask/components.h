#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evax/core/box.h"
#include "evax/image/image.h"

namespace evax::image {

// A mask is an Image of one channel: inside where it is not 0.

struct Pixel {
  int x = 0, y = 0;
  bool operator==(const Pixel&) const = default;
};

using evax::Box;

/// A connected part of a mask.
struct Component {
  Pixel first;  // the topmost pixel, of several the leftmost
  Box box;     // the smallest that holds it
  int64_t area = 0;  // pixels
};

bool is_inside(const Image& mask, int x, int y);
int64_t area_of(const Image& mask);

/// The parts of a mask, in the order of their first pixels, line by line; pixels that touch at a
/// corner belong together (8-connected: scipy.ndimage.label with a structure of ones).
std::vector<Component> connected_components(const Image& mask);
/// The one of the largest area, of equals the first; empty for an empty mask.
std::optional<Component> largest_component(const Image& mask);

}  // namespace evax::image
