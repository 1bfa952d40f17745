#pragma once

#include <memory>

#include "evax/nn/layers/batch_norm.h"
#include "evax/nn/layers/conv.h"

namespace evax::nn {

/// ResNet's block of three convolutions around a narrow middle (He et al., arXiv 1512.03385), named
/// as torchvision's; the 3x3 one has the stride (v1.5).
class Bottleneck : public torch::nn::Module {
 public:
  static constexpr int64_t expansion = 4;  // outputs per channel of the middle

  Bottleneck(int64_t inputs, int64_t width, int64_t stride);

  /// [N, inputs, H, W] -> [N, 4 * width, ceil(H / stride), ceil(W / stride)].
  at::Tensor forward(const at::Tensor& x);
  /// From now on forward() keeps there what bn3 gives (watched()).
  void watch(at::Tensor* place) { place_ = place; }

 private:
  at::Tensor* place_ = nullptr;
  std::shared_ptr<Conv2d> conv1_, conv2_, conv3_;
  std::shared_ptr<BatchNorm2d> bn1_, bn2_, bn3_;
  std::shared_ptr<Conv2d> shortcut_;  // with its norm: null where the block keeps the shape
  std::shared_ptr<BatchNorm2d> shortcut_norm_;
};

}  // namespace evax::nn
