#include "evax/data/transform.h"

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"
#include "evax/image/read.h"
#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

struct Size {
  int width;
  int height;
};

// torchvision's Resize: the longer side is truncated, int(size * long / short).
Size resized_size(Size picture, const weights::Preprocess& preprocess) {
  if (preprocess.fit == weights::Fit::squash) return {preprocess.resize[1], preprocess.resize[0]};
  const auto [shorter, longer] = std::minmax(picture.width, picture.height);
  const double scaled = static_cast<double>(preprocess.resize[0]) * longer / shorter;
  if (scaled * preprocess.resize[0] > static_cast<double>(image::max_pixels))
    fail("expected an X-ray, found a strip of {} x {} pixels", picture.width, picture.height);
  const int length = static_cast<int>(scaled);
  return picture.width <= picture.height ? Size{preprocess.resize[0], length}
                                         : Size{length, preprocess.resize[0]};
}

// ToTensor and Normalize in float32, as PyTorch rounds them: (v / 255 - mean) / std.
float normalised(float unit, float mean, float std) { return (unit - mean) / std; }

// The float path resizes values in [0, 1] without rounding them to 8 bits (spec E). It is used
// with sizes that need no crop.
void resize_as_floats(const image::Image& image, Size size, const weights::Preprocess& preprocess,
                      float* out) {
  if (size.width != preprocess.crop || size.height != preprocess.crop)
    fail(
        "float preprocessing has no crop: expected {0} x {0} pixels after resizing, found {1} x "
        "{2}",
        preprocess.crop, size.width, size.height);
  const size_t pixels = static_cast<size_t>(image.width) * image.height;
  std::vector<float> values(pixels);
  for (size_t channel = 0; channel < 3; ++channel) {
    const size_t source = image.channels == 3 ? channel : 0;
    for (size_t i = 0; i < pixels; ++i)
      values[i] = static_cast<float>(image.pixels[i * image.channels + source]) / 255.0F;
    const auto resized = interpolate(values.data(), image.height, image.width, size.height,
                                     size.width, preprocess.interpolation, preprocess.antialias);
    for (const float value : resized)
      *out++ = normalised(value, preprocess.mean[channel], preprocess.std[channel]);
  }
}

}  // namespace

void normalise(const image::Image& image, const weights::Preprocess& preprocess, float* out) {
  const size_t plane = static_cast<size_t>(image.width) * image.height;
  for (size_t channel = 0; channel < 3; ++channel) {
    std::array<float, 256> table;
    for (size_t value = 0; value < 256; ++value)
      table[value] = normalised(static_cast<float>(value) / 255.0F, preprocess.mean[channel],
                                preprocess.std[channel]);
    const uint8_t* source = image.pixels.data() + (image.channels == 3 ? channel : 0);
    float* target = out + channel * plane;
    for (size_t i = 0; i < plane; ++i) target[i] = table[source[i * image.channels]];
  }
}

image::Image resize_and_crop(const image::Image& image, const weights::Preprocess& preprocess) {
  const auto [width, height] = resized_size({image.width, image.height}, preprocess);
  if (preprocess.arithmetic == weights::Arithmetic::real)
    fail("preprocess.arithmetic: expected pillow8 or cv2_8 for an 8-bit image, found float");
  const image::Image resized = preprocess.arithmetic == weights::Arithmetic::cv2_8
                                   ? image::resize_cv2(image, width, height)
                                   : image::resize(image, width, height, preprocess.interpolation);
  return image::center_crop(resized, preprocess.crop, preprocess.crop);
}

Box seen_part(int width, int height, const weights::Preprocess& preprocess) {
  const Size resized = resized_size({width, height}, preprocess);
  // Where the window of the crop begins along one axis, and how long it is.
  const auto part = [&](int extent, int resized_extent) {
    const int start = image::center_crop_start(resized_extent, preprocess.crop);
    const double scale = static_cast<double>(extent) / resized_extent;
    const auto first = std::lround(start * scale);
    const auto last = std::lround((start + preprocess.crop) * scale);
    return std::pair{static_cast<int>(first), static_cast<int>(std::max(last - first, 1L))};
  };
  const auto [x, seen_width] = part(width, resized.width);
  const auto [y, seen_height] = part(height, resized.height);
  const Box seen{x, y, seen_width, seen_height};
  if (area_of(seen) > static_cast<int64_t>(image::max_pixels))
    fail("expected a crop within the image of {} x {} pixels, found one of {} x {}", width, height,
         seen_width, seen_height);
  return seen;
}

Transform::Transform(const weights::Preprocess& preprocess) : preprocess_(preprocess) {}

void Transform::operator()(const image::Image& image, float* out) const {
  if (preprocess_.arithmetic == weights::Arithmetic::real)
    return resize_as_floats(image, resized_size({image.width, image.height}, preprocess_),
                            preprocess_, out);
  normalise(resize_and_crop(image, preprocess_), preprocess_, out);
}

Tensor Transform::operator()(const image::Image& image) const {
  Tensor tensor(DType::f32, {3, preprocess_.crop, preprocess_.crop});
  (*this)(image, tensor.mutable_floats().data());
  return tensor;
}

}  // namespace evax::data
