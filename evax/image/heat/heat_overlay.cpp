#include "evax/image/heat/heat_overlay.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "evax/core/error.h"
#include "evax/image/mask/overlay.h"

namespace evax::image {
namespace {

constexpr double most_opaque = 0.7;

// A line's width, on small and large X-rays.
int line_width(const Image& image) {
  return std::max(2, std::min(image.width, image.height) / 250);
}

// Paints the pixels of the rectangle for which `is_painted` holds.
template <class IsPainted>
void paint(Image& image, const Box& area, const Rgb& colour, const IsPainted& is_painted) {
  const Box inside = intersection(area, {0, 0, image.width, image.height});
  for (int y = inside.y; y < inside.y + inside.height; ++y)
    for (int x = inside.x; x < inside.x + inside.width; ++x)
      if (is_painted(x, y)) std::copy(colour.begin(), colour.end(), image.row(y) + 3 * x);
}

}  // namespace

Image draw_heat(const Image& image, std::span<const float> map) {
  Image drawn = to_rgb(image);
  if (map.size() * 3 != drawn.pixels.size())
    fail("overlay: expected a map of {} x {} pixels as the image has, found {} values", image.width,
         image.height, map.size());
  for (size_t i = 0; i < map.size(); ++i) {
    const Rgb colour = viridis(map[i]);
    for (size_t c = 0; c < colour.size(); ++c) {
      uint8_t& value = drawn.pixels[3 * i + c];
      value = static_cast<uint8_t>(std::lround(std::lerp(value, colour[c], most_opaque * map[i])));
    }
  }
  return drawn;
}

void draw_box(Image& image, const Box& box, const Rgb& colour) {
  const int width = line_width(image);
  const Box hollow{box.x + width, box.y + width, box.width - 2 * width, box.height - 2 * width};
  paint(image, box, colour, [&](int x, int y) { return !contains(hollow, x, y); });
}

void draw_ring(Image& image, const Pixel& centre, const Rgb& colour) {
  const int width = line_width(image);
  const int radius = 5 * width;
  const Box around{centre.x - radius, centre.y - radius, 2 * radius + 1, 2 * radius + 1};
  paint(image, around, colour, [&](int x, int y) {
    const double distance = std::hypot(x - centre.x, y - centre.y);
    return distance <= radius && distance > radius - width;
  });
}

}  // namespace evax::image
