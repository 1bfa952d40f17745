#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// SwiGLU's gate there and back, one row of activations: y = silu(gate) * value of `halves`, all
/// gates and then as many values, `hidden` of each.
struct GateKernel {
  void (*forward)(const void* halves, size_t hidden, void* y);
  /// The gradient of `halves` from that of y.
  void (*backward)(const void* halves, const void* d_y, size_t hidden, void* d_halves);
};

const GateKernel& gate_f32();
const GateKernel& gate_bf16();

}  // namespace evax::engine::kernel
