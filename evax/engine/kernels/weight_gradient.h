#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// The gradient of a linear layer's weights and bias. Matrices are dense.
struct WeightGradientCall {
  const void* d_y;  // [rows, outputs] activations
  const void* x;    // [rows, inputs] activations
  size_t rows, outputs, inputs;
  void* packed;     // x
  float* d_weight;  // [outputs, inputs]
  float* d_bias;    // [outputs]
};

/// d_weight = d_yᵀ x, d_bias = the sum of d_y's rows, summed in float32. First pack() every block
/// of inputs, then multiply() every block of outputs; both may be split at will without changing a
/// bit.
struct WeightGradientKernel {
  size_t block;  // columns: outputs and inputs are multiples of it
  size_t (*packed_bytes)(size_t rows, size_t inputs);
  void (*pack)(const WeightGradientCall& call, size_t begin, size_t end);
  void (*multiply)(const WeightGradientCall& call, size_t begin, size_t end);
};

const WeightGradientKernel& weight_gradient_amx();

}  // namespace evax::engine::kernel
