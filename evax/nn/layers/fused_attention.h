#pragma once

#include <ATen/core/Tensor.h>

namespace evax::nn {

/// Whether the engine's kernels can attend in LibTorch's place, faster: on a CPU, in float32 or
/// bfloat16, with heads of 64 channels. projections: [N, tokens, 3, heads, C].
bool can_fuse_attention(const at::Tensor& projections);

/// softmax(q kᵀ / 8) v of the heads side by side, [N, tokens, heads * 64]; queries and keys are
/// rotated first, in place, by `table` where it is defined (rotary_table). Differentiable by the
/// projections.
at::Tensor fused_attention(const at::Tensor& projections, const at::Tensor& table);

}  // namespace evax::nn
