// The int8 kernels of AVX-512-VNNI. Compiled for it, with bf16.cpp's rule: nothing but the
// functions at its end may have external linkage.

#define HWY_COMPILE_ONLY_STATIC
#include <hwy/highway.h>

#include "evax/engine/kernels/gemm-inl.h"
#include "evax/engine/kernels/int8/vnni-inl.h"
#include "evax/engine/kernels/kernels.h"

static_assert(HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL);

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {

using namespace HWY_NAMESPACE;

const Gemm& gemm_int8_vnni() {
  return Int8Gemm<Vnni, GemmKernel<Vnni, ExactF32>, ExactF32, panel>::table("AVX-512-VNNI");
}

}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();
