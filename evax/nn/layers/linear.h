#pragma once

#include <torch/nn/module.h>

namespace evax::nn {

/// y = x W^T + b [+ residual]; weight [outputs, inputs] and, unless `bias` is false, bias
/// [outputs].
struct Linear : torch::nn::Module {
  Linear(int64_t inputs, int64_t outputs, bool bias = true);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual = {}) const;

  at::Tensor weight, bias;
};

inline constexpr double norm_epsilon = 1e-6;  // everywhere (spec A.1)

/// Rows to mean 0 and variance 1, then scaled and shifted.
struct LayerNorm : torch::nn::Module {
  explicit LayerNorm(int64_t width);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias;
};

}  // namespace evax::nn
