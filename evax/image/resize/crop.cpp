#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "evax/image/resize/resize.h"

namespace evax::image {
// torchvision pads (size - extent) // 2 in front, and crops at Python's round((extent - size) / 2).
int center_crop_start(int extent, int size) {
  if (size > extent) return -((size - extent) / 2);
  const int half = (extent - size) / 2;
  const bool tie = (extent - size) % 2 != 0;
  return half + (tie && half % 2 != 0 ? 1 : 0);
}

Image center_crop(const Image& image, int width, int height) {
  if (width < 1 || height < 1) throw std::logic_error("center_crop: expected sizes of at least 1");
  const int left = center_crop_start(image.width, width);
  const int top = center_crop_start(image.height, height);
  const auto channels = static_cast<size_t>(image.channels);
  Image out{
      width, height, image.channels,
      std::vector<uint8_t>(static_cast<size_t>(width) * static_cast<size_t>(height) * channels)};
  const int first = std::max(left, 0);
  const int last = std::min(left + width, image.width);
  for (int y = std::max(top, 0); y < std::min(top + height, image.height); ++y)
    std::memcpy(out.row(y - top) + static_cast<size_t>(first - left) * channels,
                image.row(y) + static_cast<size_t>(first) * channels,
                static_cast<size_t>(last - first) * channels);
  return out;
}

}  // namespace evax::image
