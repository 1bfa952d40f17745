// The bf16 kernels that run on AMX tiles. Compiled for AVX-512-BF16, as bf16.cpp is, and with the
// same rule: nothing but the functions at its end may have external linkage.

#define HWY_COMPILE_ONLY_STATIC
#include <hwy/highway.h>

#include "evax/engine/kernels/bf16-inl.h"
#include "evax/engine/kernels/f32-inl.h"
//
#include "evax/engine/kernels/amx/attention-inl.h"
#include "evax/engine/kernels/amx/attention_gradient-inl.h"
#include "evax/engine/kernels/amx/product-inl.h"
#include "evax/engine/kernels/amx/weight_gradient-inl.h"
#include "evax/engine/kernels/kernels.h"

static_assert(HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL);

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {

using namespace HWY_NAMESPACE;

const Gemm& gemm_amx() { return AmxProduct<HardwareTiles, Bf16>::table("AMX"); }

const AttentionKernel& attention_amx() { return AmxAttention<HardwareTiles, Bf16>::table(); }

const AttentionGradientKernel& attention_gradient_amx() {
  return AmxAttentionGradient<HardwareTiles, Bf16>::table();
}

const WeightGradientKernel& weight_gradient_amx() {
  return AmxWeightGradient<HardwareTiles, Bf16>::table();
}

}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();
