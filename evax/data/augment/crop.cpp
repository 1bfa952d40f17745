#include "evax/data/augment/crop.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

int rounded(double value) { return static_cast<int>(std::nearbyint(value)); }  // half to even

Box central_box(int width, int height, const CropRange& range) {
  const double ratio = static_cast<double>(width) / height;
  int w = width, h = height;
  if (ratio < range.ratio_min) h = std::max(rounded(w / range.ratio_min), 1);
  if (ratio > range.ratio_max) w = std::max(rounded(h * range.ratio_max), 1);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

}  // namespace

Box draw_crop(int width, int height, const CropRange& range, DrawSource& random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = random.uniform(range.scale_min, range.scale_max) * area;
    const double ratio =
        std::exp(random.uniform(std::log(range.ratio_min), std::log(range.ratio_max)));
    const double w = std::nearbyint(std::sqrt(target * ratio));
    const double h = std::nearbyint(std::sqrt(target / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const Box box{0, 0, static_cast<int>(w), static_cast<int>(h)};
    const int64_t top = random.integer(0, height - box.height);
    const int64_t left = random.integer(0, width - box.width);
    return {static_cast<int>(left), static_cast<int>(top), box.width, box.height};
  }
  return central_box(width, height, range);
}

image::Image cut(const image::Image& image, const Box& box) {
  const auto channels = static_cast<size_t>(image.channels);
  const size_t bytes = box.width * channels;
  image::Image part{box.width, box.height, image.channels,
                    std::vector<uint8_t>(bytes * box.height)};
  for (int y = 0; y < box.height; ++y)
    std::memcpy(part.row(y), image.row(box.y + y) + box.x * channels, bytes);
  return part;
}

image::Image resized_crop(const image::Image& image, const Box& box, int size) {
  return image::resize(cut(image, box), size, size, Interpolation::bicubic);
}

void flip_horizontally(image::Image& image) {
  for (int y = 0; y < image.height; ++y) {
    uint8_t* row = image.row(y);
    if (image.channels == 1) {
      std::reverse(row, row + image.width);
    } else {
      for (int left = 0, right = image.width - 1; left < right; ++left, --right)
        std::swap_ranges(row + left * 3, row + left * 3 + 3, row + right * 3);
    }
  }
}

}  // namespace evax::data
