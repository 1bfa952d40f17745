#include "evax/image/mask/overlay.h"

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"
#include "evax/image/mask/components.h"

namespace evax::image {
namespace {

// Whether the outside is less than `width` pixels away, along a row or a column.
bool is_border(const Image& mask, int x, int y, int width) {
  return !is_inside(mask, x - width, y) || !is_inside(mask, x + width, y) ||
         !is_inside(mask, x, y - width) || !is_inside(mask, x, y + width);
}

void draw(Image& image, const OverlayLayer& layer, int border) {
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      if (!is_inside(*layer.mask, x, y)) continue;
      const double opacity = is_border(*layer.mask, x, y, border) ? 1 : layer.opacity;
      uint8_t* pixel = image.row(y) + 3 * x;
      for (size_t c = 0; c < layer.colour.size(); ++c)
        pixel[c] = static_cast<uint8_t>(std::lround(std::lerp(pixel[c], layer.colour[c], opacity)));
    }
}

}  // namespace

Image to_rgb(const Image& image) {
  if (image.channels == 3) return image;
  Image rgb{image.width, image.height, 3, {}};
  rgb.pixels.reserve(3 * image.pixels.size());
  for (const uint8_t value : image.pixels) rgb.pixels.insert(rgb.pixels.end(), 3, value);
  return rgb;
}

Rgb overlay_colour(size_t index) {
  constexpr std::array<Rgb, 6> colours{{{86, 180, 233},
                                        {230, 159, 0},
                                        {0, 158, 115},
                                        {204, 121, 167},
                                        {240, 228, 66},
                                        {213, 94, 0}}};
  return colours[index % colours.size()];
}

Image draw_overlay(const Image& image, std::span<const OverlayLayer> layers) {
  Image drawn = to_rgb(image);
  const int border = std::max(1, std::min(image.width, image.height) / 400);
  for (const OverlayLayer& layer : layers) {
    if (layer.mask->width != image.width || layer.mask->height != image.height)
      fail("overlay: expected a mask of {} x {} pixels as the image has, found {} x {}",
           image.width, image.height, layer.mask->width, layer.mask->height);
    draw(drawn, layer, border);
  }
  return drawn;
}

}  // namespace evax::image
