#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace evax::nn {

/// How every head of mmsegmentation ends: Dropout2d, then conv_seg, a 1 x 1 convolution with a bias
/// from its channels to the classes.
class DecodeHead : public torch::nn::Module {
 public:
  DecodeHead(int64_t channels, int64_t classes);

  /// [N, channels, h, w] -> logits [N, classes, h, w].
  at::Tensor classify(const at::Tensor& features) const;

 private:
  at::Tensor weight_, bias_;
};

/// x [N, C, h, w] times the factor of every channel of every image, which the last C columns of
/// keep (Network::features) are; x itself where that is undefined.
at::Tensor drop_channels(const at::Tensor& x, const at::Tensor& keep);

}  // namespace evax::nn
