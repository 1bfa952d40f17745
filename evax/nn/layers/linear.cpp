#include "evax/nn/layers/linear.h"

#include <ATen/ATen.h>

#include "evax/nn/layers/fused_linear.h"

namespace evax::nn {

Linear::Linear(int64_t inputs, int64_t outputs, bool with_bias) {
  weight = register_parameter("weight", at::zeros({outputs, inputs}));
  if (with_bias) bias = register_parameter("bias", at::zeros({outputs}));
}

at::Tensor Linear::forward(const at::Tensor& x, const at::Tensor& residual) const {
  return fused_linear(x, weight, bias, residual);
}

LayerNorm::LayerNorm(int64_t width) {
  weight = register_parameter("weight", at::ones({width}));
  bias = register_parameter("bias", at::zeros({width}));
}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight.sizes(), weight, bias, norm_epsilon);
}

}  // namespace evax::nn
