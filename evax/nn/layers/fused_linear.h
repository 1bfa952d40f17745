#pragma once

#include <ATen/core/Tensor.h>

namespace evax::nn {

/// x Wᵀ + b as at::linear; bias may be undefined. In float32 on a CPU the products with W run on
/// the engine's kernels, which add the bias on the way out of the registers where LibTorch first
/// fills the result with it.
at::Tensor fused_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace evax::nn
