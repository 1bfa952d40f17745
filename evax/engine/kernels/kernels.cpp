#include "evax/engine/kernels/kernels.h"

#include <algorithm>
#include <cstring>

#include "evax/engine/cpu.h"

namespace evax::engine {

Kernels select_kernels(Precision /*precision*/) {
  apply_isa_cap();
  return {sizeof(float), &kernel::gemm_f32(), &kernel::attention_f32(), &kernel::layer_norm_f32(),
          [](const float* x, void* y, size_t count) { std::memcpy(y, x, count * sizeof(float)); }};
}

}  // namespace evax::engine
