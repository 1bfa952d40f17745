#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "evax/engine/kernels/kernels.h"

namespace evax::nn {

/// The engine's float32 kernels for this CPU, where they do better than LibTorch's operators.
const engine::Kernels& cpu_kernels();

/// Whether they can compute with x: float32 on the CPU, and no autocast that would narrow it.
bool suits_kernels(const at::Tensor& x);

/// A dimension as they count.
inline size_t extent(const at::Tensor& x, int64_t dimension) {
  return static_cast<size_t>(x.size(dimension));
}

/// Memory for them, aligned as they need it.
at::Tensor bytes(size_t count);

/// Runs body(begin, end) for parts of [0, count) on the threads that LibTorch computes with.
void parallel_for(int64_t count, const std::function<void(size_t, size_t)>& body);

}  // namespace evax::nn
