#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// The way back through the attention of one image. Strides count elements of the activations'
/// type.
struct AttentionGradientCall {
  const void* qkv;    // as AttentionKernel left it: queries and keys rotated
  const void* d_out;  // gradient of `out` of AttentionCall
  void* d_qkv;        // gradient of what AttentionKernel was given, laid out as qkv
  size_t qkv_stride, out_stride;
  const float *cos, *sin;  // as in AttentionCall
  size_t tokens, heads;
};

/// The softmax is computed again, in float32: only qkv need be kept.
struct AttentionGradientKernel {
  size_t (*scratch_bytes)(size_t tokens);  // one scratch for each concurrent call
  void (*run)(const AttentionGradientCall& call, size_t head, void* scratch);
};

const AttentionGradientKernel& attention_gradient_f32();
const AttentionGradientKernel& attention_gradient_bf16();
const AttentionGradientKernel& attention_gradient_amx();

}  // namespace evax::engine::kernel
