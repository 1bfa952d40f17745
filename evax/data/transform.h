#pragma once

#include <array>

#include "evax/core/box.h"
#include "evax/core/tensor.h"
#include "evax/image/image.h"
#include "evax/weights/config.h"

namespace evax::data {

/// torchvision's ToTensor and Normalize: (value / 255 - mean) / std of an 8-bit picture as float32
/// [3, height, width], channels RGB, to `out`.
void normalise(const image::Image& image, const weights::Preprocess& preprocess, float* out);

/// The 8-bit picture that is normalised: resized as `preprocess` says, then its centre cropped.
/// Throws Error for float arithmetic, which has no such picture.
image::Image resize_and_crop(const image::Image& image, const weights::Preprocess& preprocess);

/// The part of a picture of this size that reaches the network, in the picture's pixels to the
/// nearest one: what is left after the crop. It reaches beyond the picture where the crop pads.
/// Throws Error for sizes that Transform refuses.
Box seen_part(int width, int height, const weights::Preprocess& preprocess);

/// The evaluation transform of a model: image -> resize -> centre crop -> normalise (spec C.4).
/// Stateless and thread-safe.
class Transform {
 public:
  explicit Transform(const weights::Preprocess& preprocess);

  /// Writes float32 [3, crop, crop], channels RGB, to `out`.
  void operator()(const image::Image& image, float* out) const;
  /// The same as a tensor [3, crop, crop].
  Tensor operator()(const image::Image& image) const;

  int size() const { return preprocess_.crop; }

 private:
  weights::Preprocess preprocess_;
};

}  // namespace evax::data
