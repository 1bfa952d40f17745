#pragma once

#include <ATen/core/Tensor.h>

namespace evax::nn {

/// x Wᵀ + b as at::linear, plus residual, float32; bias and residual may be undefined. On a CPU, in
/// float32 or under bfloat16's autocast, the products with W run on the engine's kernels, which add
/// the others on the way out of the registers where LibTorch goes over the result again; on AMX the
/// gradients of W and b run on them, too.
at::Tensor fused_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                        const at::Tensor& residual = {});

/// residual + y, which is overwritten where it can be: under autocast it is narrower.
at::Tensor add_residual(const at::Tensor& y, const at::Tensor& residual);

}  // namespace evax::nn
