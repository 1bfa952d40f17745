// Compiled with OpenMP, as LibTorch is: at::parallel_for is a template, and runs on one thread
// where the compiler that expands it knows of no OpenMP.
#include "evax/nn/cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>

#include "evax/engine/cpu.h"

namespace evax::nn {

const engine::Kernels* kernels_for(at::Device device, at::ScalarType type) {
  if (!device.is_cpu()) return nullptr;
  if (type == at::kFloat) {
    static const engine::Kernels fp32 = engine::select_kernels(engine::Precision::fp32);
    return &fp32;
  }
  if (type == at::kBFloat16 && engine::has_bf16()) {
    static const engine::Kernels bf16 = engine::select_kernels(engine::Precision::bf16);
    return &bf16;
  }
  return nullptr;
}

const engine::Kernels* kernels_for(const at::Tensor& x) {
  return kernels_for(x.device(), x.scalar_type());
}

at::Tensor bytes(size_t count) { return at::empty({static_cast<int64_t>(count)}, at::kByte); }

void parallel_for(int64_t count, int64_t size, const std::function<void(size_t, size_t)>& body) {
  const int64_t threads = at::get_num_threads();
  // As many parts for every thread, all of a size.
  const int64_t rounds = (count + threads * size - 1) / (threads * size);
  const int64_t parts = std::min(count, threads * rounds);
  std::atomic<int64_t> next = 0;
  at::parallel_for(0, threads, 1, [&](int64_t, int64_t) {
    for (int64_t part = next++; part < parts; part = next++)
      body(static_cast<size_t>(count * part / parts),
           static_cast<size_t>(count * (part + 1) / parts));
  });
}

}  // namespace evax::nn
