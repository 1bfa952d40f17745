#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// SwiGLU's gate there and back, one row, float32: y = silu(gate) * value of `halves`, all gates
/// and then as many values, `hidden` of each.
struct GateKernel {
  void (*forward)(const float* halves, size_t hidden, float* y);
  /// The gradient of `halves` from that of y.
  void (*backward)(const float* halves, const float* d_y, size_t hidden, float* d_halves);
};

const GateKernel& gate_f32();

}  // namespace evax::engine::kernel
