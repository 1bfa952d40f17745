#include "evax/nn/layers/conv.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "evax/core/error.h"

namespace evax::nn {

Conv2d::Conv2d(int64_t inputs, int64_t outputs, int64_t kernel, int64_t stride) : stride_(stride) {
  weight = register_parameter("weight", at::zeros({outputs, inputs, kernel, kernel}));
}

at::Tensor Conv2d::forward(const at::Tensor& x) const {
  return at::conv2d(x, weight, /*bias=*/{}, stride_, /*padding=*/weight.size(2) / 2);
}

at::Tensor images_for_convolution(const at::Tensor& images) {
  if (images.dim() != 4 || images.size(1) != 3)
    fail("expected images of shape [N, 3, H, W], found [{}]", fmt::join(images.sizes(), ", "));
  return images.contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace evax::nn
