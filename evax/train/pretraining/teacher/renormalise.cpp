#include "evax/train/pretraining/teacher/renormalise.h"

#include <ATen/ATen.h>

namespace evax::train {

Renormalise::Renormalise(const weights::Preprocess& from, const weights::Preprocess& to,
                         const at::Device& device) {
  std::array<float, 3> scale{}, shift{};
  for (size_t c = 0; c < 3; ++c) {
    scale[c] = from.std[c] / to.std[c];
    shift[c] = (from.mean[c] - to.mean[c]) / to.std[c];
  }
  const auto channels = [&](const std::array<float, 3>& values) {
    return at::tensor(at::ArrayRef<float>(values)).view({1, 3, 1, 1}).to(device);
  };
  scale_ = channels(scale);
  shift_ = channels(shift);
}

at::Tensor Renormalise::operator()(const at::Tensor& images) const {
  return at::addcmul(shift_, images, scale_);
}

}  // namespace evax::train
