#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "evax/engine/kernels/kernels.h"

namespace evax::nn {

/// The engine's kernels for activations of `type`, where they do better than LibTorch's operators:
/// on a CPU, float32 and, if it multiplies that, bfloat16. Otherwise null.
const engine::Kernels* kernels_for(at::Device device, at::ScalarType type);

/// Those for x as it is.
const engine::Kernels* kernels_for(const at::Tensor& x);

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
