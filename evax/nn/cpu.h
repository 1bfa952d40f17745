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

/// Rows of a product that keep a thread busy for some milliseconds, and its weights in the cache.
constexpr int64_t rows_at_a_time = 200;

/// Runs body(begin, end) for parts of [0, count) of at most `size` on the threads that LibTorch
/// computes with, which take the next part when they are done: none waits long for one that
/// something else holds up.
void parallel_for(int64_t count, int64_t size, const std::function<void(size_t, size_t)>& body);

}  // namespace evax::nn
