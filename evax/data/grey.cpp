#include "evax/data/grey.h"

namespace evax::data {

void drop_equal_channels(image::Image& image) {
  if (image.channels != 3) return;
  const std::vector<uint8_t>& pixels = image.pixels;
  for (size_t i = 0; i < pixels.size(); i += 3)
    if (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2]) return;
  for (size_t i = 0; 3 * i < pixels.size(); ++i) image.pixels[i] = pixels[3 * i];
  image.pixels.resize(pixels.size() / 3);
  image.channels = 1;
}

}  // namespace evax::data
