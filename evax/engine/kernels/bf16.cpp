// The bf16 kernels. This file alone is compiled for AVX-512-BF16 (CMakeLists.txt): nothing in it
// may have external linkage but the functions at its end, or the linker might use its code
// elsewhere.

#define HWY_COMPILE_ONLY_STATIC
#include <hwy/highway.h>

#include "evax/engine/kernels/bf16-inl.h"
#include "evax/engine/kernels/f32-inl.h"
//
#include "evax/engine/kernels/attention-inl.h"
#include "evax/engine/kernels/attention_gradient-inl.h"
#include "evax/engine/kernels/gate-inl.h"
#include "evax/engine/kernels/gemm-inl.h"
#include "evax/engine/kernels/kernels.h"
#include "evax/engine/kernels/layer_norm-inl.h"

static_assert(HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL);

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {

using namespace HWY_NAMESPACE;

const Gemm& gemm_bf16() { return GemmKernel<Bf16>::table("AVX-512-BF16"); }

const AttentionKernel& attention_bf16() { return AttentionOf<Bf16>::table(); }

const AttentionGradientKernel& attention_gradient_bf16() {
  return AttentionGradientOf<Bf16>::table();
}

const GateKernel& gate_bf16() { return GateOf<Bf16>::table(); }

const LayerNormKernel& layer_norm_bf16() {
  static const LayerNormKernel kernel{LayerNormOf<F32, Bf16>::run, LayerNormOf<Bf16, Bf16>::run};
  return kernel;
}

void bf16_from_floats(const float* x, void* y, size_t count) {
  auto* out = static_cast<Bf16::T*>(y);
  const size_t whole = count / lanes * lanes;
  for (size_t i = 0; i < whole; i += lanes) Bf16::store(F32::load(x + i), out + i);
  const size_t rest = count - whole;
  if (rest != 0) Bf16::store_first(rest, F32::load_first(rest, x + whole), out + whole);
}

}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();
