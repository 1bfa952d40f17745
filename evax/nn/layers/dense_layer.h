#pragma once

#include <memory>

#include "evax/nn/layers/batch_norm.h"
#include "evax/nn/layers/conv.h"

namespace evax::nn {

/// DenseNet's layer (Huang et al., arXiv 1608.06993), named as torchvision's: it adds `growth`
/// channels to its input, through a middle of bottleneck * growth channels.
class DenseLayer : public torch::nn::Module {
 public:
  DenseLayer(int64_t inputs, int64_t growth, int64_t bottleneck);

  /// [N, inputs, H, W] -> [N, inputs + growth, H, W].
  at::Tensor forward(const at::Tensor& x);
  /// From now on forward() keeps there what norm1 gives (watched()).
  void watch(at::Tensor* place) { place_ = place; }

 private:
  at::Tensor* place_ = nullptr;
  std::shared_ptr<BatchNorm2d> norm1_, norm2_;
  std::shared_ptr<Conv2d> conv1_, conv2_;
};

/// What is between two blocks: channels projected, height and width halved.
class DenseTransition : public torch::nn::Module {
 public:
  DenseTransition(int64_t inputs, int64_t outputs);

  /// [N, inputs, H, W] -> [N, outputs, H / 2, W / 2].
  at::Tensor forward(const at::Tensor& x);

 private:
  std::shared_ptr<BatchNorm2d> norm_;
  std::shared_ptr<Conv2d> conv_;
};

}  // namespace evax::nn
