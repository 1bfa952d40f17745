#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// (x - mean) / sqrt(variance + 1e-6) * weight + bias over each row (spec A.1: the epsilon is the
/// same everywhere). Strides count elements.
struct LayerNormCall {
  const void* x;  // [rows, width]
  size_t x_stride;
  void* y;  // [rows, width] activations; may be x when the types are the same
  size_t y_stride;
  const float* weight;
  const float* bias;
  size_t rows, width;
};

struct LayerNormKernel {
  void (*stream)(const LayerNormCall& call);  // x: the float32 residual stream
  void (*hidden)(const LayerNormCall& call);  // x: activations
};

const LayerNormKernel& layer_norm_f32();
const LayerNormKernel& layer_norm_bf16();

}  // namespace evax::engine::kernel
