// The int8 kernels of CPUs with AVX-512-BF16: those for activations in bf16, and AMX. Compiled for
// it, with bf16.cpp's rule: nothing but the functions at its end may have external linkage.

#define HWY_COMPILE_ONLY_STATIC
#include <hwy/highway.h>

#include "evax/engine/kernels/bf16-inl.h"
#include "evax/engine/kernels/f32-inl.h"
//
#include "evax/engine/kernels/amx/product-inl.h"
#include "evax/engine/kernels/gemm-inl.h"
#include "evax/engine/kernels/int8/product-inl.h"
#include "evax/engine/kernels/int8/vnni-inl.h"
#include "evax/engine/kernels/kernels.h"

static_assert(HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL);

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {

using namespace HWY_NAMESPACE;

const Gemm& gemm_int8_vnni_bf16() {
  return Int8Gemm<Vnni, GemmKernel<Vnni, Bf16>, Bf16, panel>::table("AVX-512-VNNI");
}

const Gemm& gemm_int8_amx() {
  using Product = AmxProduct<HardwareTiles, Int8Tiles, ExactF32>;
  return Int8Gemm<Int8Tiles, Product, ExactF32, amx_panel>::table("AMX");
}

const Gemm& gemm_int8_amx_bf16() {
  using Product = AmxProduct<HardwareTiles, Int8Tiles, Bf16>;
  return Int8Gemm<Int8Tiles, Product, Bf16, amx_panel>::table("AMX");
}

}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();
