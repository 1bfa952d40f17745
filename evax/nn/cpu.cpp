// Compiled with OpenMP, as LibTorch is: at::parallel_for is a template, and runs on one thread
// where the compiler that expands it knows of no OpenMP.
#include "evax/nn/cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "evax/nn/autocast.h"

namespace evax::nn {

const engine::Kernels& cpu_kernels() {
  static const engine::Kernels kernels = engine::select_kernels(engine::Precision::fp32);
  return kernels;
}

bool suits_kernels(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && !Autocast::current(at::kCPU);
}

at::Tensor bytes(size_t count) { return at::empty({static_cast<int64_t>(count)}, at::kByte); }

void parallel_for(int64_t count, const std::function<void(size_t, size_t)>& body) {
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    body(static_cast<size_t>(begin), static_cast<size_t>(end));
  });
}

}  // namespace evax::nn
