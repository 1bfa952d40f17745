#include "evax/nn/segmentation/decode_head.h"

#include <ATen/ATen.h>

namespace evax::nn {

DecodeHead::DecodeHead(int64_t channels, int64_t classes) {
  const auto conv_seg = register_module("conv_seg", std::make_shared<torch::nn::Module>());
  weight_ = conv_seg->register_parameter("weight", at::zeros({classes, channels, 1, 1}));
  bias_ = conv_seg->register_parameter("bias", at::zeros({classes}));
}

at::Tensor DecodeHead::classify(const at::Tensor& features) const {
  return at::conv2d(features, weight_, bias_);
}

at::Tensor drop_channels(const at::Tensor& x, const at::Tensor& keep) {
  if (!keep.defined()) return x;
  const at::Tensor factors = keep.narrow(1, keep.size(1) - x.size(1), x.size(1));
  return x * factors.to(x.scalar_type()).unsqueeze(-1).unsqueeze(-1);
}

}  // namespace evax::nn
