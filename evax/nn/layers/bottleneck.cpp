#include "evax/nn/layers/bottleneck.h"

#include <ATen/ATen.h>

#include "evax/nn/layers/watched.h"

namespace evax::nn {

Bottleneck::Bottleneck(int64_t inputs, int64_t width, int64_t stride) {
  const int64_t outputs = expansion * width;
  conv1_ = register_module("conv1", std::make_shared<Conv2d>(inputs, width, 1));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm2d>(width));
  conv2_ = register_module("conv2", std::make_shared<Conv2d>(width, width, 3, stride));
  bn2_ = register_module("bn2", std::make_shared<BatchNorm2d>(width));
  conv3_ = register_module("conv3", std::make_shared<Conv2d>(width, outputs, 1));
  bn3_ = register_module("bn3", std::make_shared<BatchNorm2d>(outputs));
  if (stride == 1 && inputs == outputs) return;
  const auto downsample = register_module("downsample", std::make_shared<torch::nn::Module>());
  shortcut_ =
      downsample->register_module("0", std::make_shared<Conv2d>(inputs, outputs, 1, stride));
  shortcut_norm_ = downsample->register_module("1", std::make_shared<BatchNorm2d>(outputs));
}

// Backward needs what went into a normalisation, not what came out: that may be overwritten.
at::Tensor Bottleneck::forward(const at::Tensor& x) {
  at::Tensor y = bn1_->forward(conv1_->forward(x)).relu_();
  y = bn2_->forward(conv2_->forward(y)).relu_();
  y = watched(bn3_->forward(conv3_->forward(y)), place_);
  return y.add_(shortcut_ ? shortcut_norm_->forward(shortcut_->forward(x)) : x).relu_();
}

}  // namespace evax::nn
