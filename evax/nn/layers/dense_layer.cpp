#include "evax/nn/layers/dense_layer.h"

#include <ATen/ATen.h>

#include "evax/nn/layers/watched.h"

namespace evax::nn {

DenseLayer::DenseLayer(int64_t inputs, int64_t growth, int64_t bottleneck) {
  const int64_t middle = bottleneck * growth;
  norm1_ = register_module("norm1", std::make_shared<BatchNorm2d>(inputs));
  conv1_ = register_module("conv1", std::make_shared<Conv2d>(inputs, middle, 1));
  norm2_ = register_module("norm2", std::make_shared<BatchNorm2d>(middle));
  conv2_ = register_module("conv2", std::make_shared<Conv2d>(middle, growth, 3));
}

// One copy a layer: the input is written once beside the new channels instead of once for every
// later layer that reads both.
at::Tensor DenseLayer::forward(const at::Tensor& x) {
  const at::Tensor y = conv1_->forward(watched(norm1_->forward(x), place_).relu_());
  return at::cat({x, conv2_->forward(norm2_->forward(y).relu_())}, 1);
}

DenseTransition::DenseTransition(int64_t inputs, int64_t outputs) {
  norm_ = register_module("norm", std::make_shared<BatchNorm2d>(inputs));
  conv_ = register_module("conv", std::make_shared<Conv2d>(inputs, outputs, 1));
}

at::Tensor DenseTransition::forward(const at::Tensor& x) {
  return at::avg_pool2d(conv_->forward(norm_->forward(x).relu_()), 2, 2);
}

}  // namespace evax::nn
