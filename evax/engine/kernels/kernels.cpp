#include "evax/engine/kernels/kernels.h"

#include <cstring>
#include <stdexcept>

#include "evax/engine/cpu.h"

namespace evax::engine {
namespace {

void copy_floats(const float* x, void* y, size_t count) {
  std::memcpy(y, x, count * sizeof(float));
}

// Of activations in float32.
const kernel::Gemm& int8_for_floats() {
#ifdef EVAX_HAVE_BF16
  if (has_amx()) return kernel::gemm_int8_amx();
  if (has_avx512_vnni()) return kernel::gemm_int8_vnni();
  if (has_avx_vnni()) return kernel::gemm_int8_avx_vnni();
#endif
  return kernel::gemm_int8();
}

}  // namespace

Kernels select_kernels(Precision precision) {
  apply_isa_cap();
  if (precision != Precision::bf16)
    return {sizeof(float),
            &kernel::gemm_f32(),
            &int8_for_floats(),
            &kernel::attention_f32(),
            &kernel::layer_norm_f32(),
            &kernel::map_f32(),
            &kernel::attention_gradient_f32(),
            &kernel::gate_f32(),
            nullptr,
            copy_floats};
#ifdef EVAX_HAVE_BF16
  const bool amx = has_amx();
  return {sizeof(uint16_t),
          amx ? &kernel::gemm_amx() : &kernel::gemm_bf16(),
          amx ? &kernel::gemm_int8_amx_bf16() : &kernel::gemm_int8_vnni_bf16(),
          amx ? &kernel::attention_amx() : &kernel::attention_bf16(),
          &kernel::layer_norm_bf16(),
          &kernel::map_f32(),
          amx ? &kernel::attention_gradient_amx() : &kernel::attention_gradient_bf16(),
          &kernel::gate_bf16(),
          amx ? &kernel::weight_gradient_amx() : nullptr,
          kernel::bf16_from_floats};
#else
  throw std::logic_error("this build has no bf16 kernels");
#endif
}

}  // namespace evax::engine
