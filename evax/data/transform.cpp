#include "evax/data/transform.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/image/read.h"
#include "evax/image/resize.h"

namespace evax::data {
namespace {

struct Size {
  int width;
  int height;
};

// torchvision's Resize: the longer side is truncated, int(size * long / short).
Size resized_size(const image::Image& image, const weights::Preprocess& preprocess) {
  if (preprocess.fit == weights::Fit::squash) return {preprocess.resize[1], preprocess.resize[0]};
  const int shorter = std::min(image.width, image.height);
  const int longer = std::max(image.width, image.height);
  const double scaled = static_cast<double>(preprocess.resize[0]) * longer / shorter;
  if (scaled * preprocess.resize[0] > static_cast<double>(image::max_pixels))
    fail("expected an X-ray, found a strip of {} x {} pixels", image.width, image.height);
  const int length = static_cast<int>(scaled);
  return image.width <= image.height ? Size{preprocess.resize[0], length}
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
  const auto [width, height] = resized_size(image, preprocess);
  if (preprocess.arithmetic == weights::Arithmetic::real)
    fail("preprocess.arithmetic: expected pillow8 or cv2_8 for an 8-bit picture, found float");
  const image::Image resized = preprocess.arithmetic == weights::Arithmetic::cv2_8
                                   ? image::resize_cv2(image, width, height)
                                   : image::resize(image, width, height, preprocess.interpolation);
  return image::center_crop(resized, preprocess.crop, preprocess.crop);
}

Transform::Transform(const weights::Preprocess& preprocess) : preprocess_(preprocess) {}

void Transform::operator()(const image::Image& image, float* out) const {
  if (preprocess_.arithmetic == weights::Arithmetic::real)
    return resize_as_floats(image, resized_size(image, preprocess_), preprocess_, out);
  normalise(resize_and_crop(image, preprocess_), preprocess_, out);
}

Tensor Transform::operator()(const image::Image& image) const {
  Tensor tensor(DType::f32, {3, preprocess_.crop, preprocess_.crop});
  (*this)(image, tensor.mutable_floats().data());
  return tensor;
}

}  // namespace evax::data
