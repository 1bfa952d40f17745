#include "evax/image/heat/colour_map.h"

#include <algorithm>
#include <cmath>

namespace evax::image {
namespace {

// Every sixteenth colour of the map.
constexpr std::array<Rgb, 17> anchors{{{68, 1, 84},
                                       {72, 24, 106},
                                       {71, 45, 123},
                                       {66, 64, 134},
                                       {59, 82, 139},
                                       {51, 99, 141},
                                       {44, 114, 142},
                                       {38, 130, 142},
                                       {33, 145, 140},
                                       {31, 159, 136},
                                       {39, 173, 129},
                                       {61, 188, 116},
                                       {92, 200, 99},
                                       {129, 211, 77},
                                       {170, 220, 50},
                                       {213, 226, 26},
                                       {253, 231, 37}}};

}  // namespace

Rgb viridis(double value) {
  const double position = (value > 0 ? std::min(value, 1.0) : 0) * (anchors.size() - 1);
  const size_t below = std::min(static_cast<size_t>(position), anchors.size() - 2);
  const double share = position - static_cast<double>(below);
  Rgb colour;
  for (size_t c = 0; c < colour.size(); ++c)
    colour[c] = static_cast<uint8_t>(
        std::lround(std::lerp(anchors[below][c], anchors[below + 1][c], share)));
  return colour;
}

}  // namespace evax::image
