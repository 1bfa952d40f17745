// The int8 kernels of any CPU, one source for every instruction set. Compiled without contraction
// (CMakeLists.txt), as all int8 kernels are.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/engine/kernels/int8.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "evax/engine/kernels/gemm-inl.h"
#include "evax/engine/kernels/int8/widened-inl.h"
#include "evax/engine/kernels/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

const Gemm& int8_gemm() {
  return Int8Gemm<Widened, GemmKernel<Widened, ExactF32>, ExactF32, panel>::table(
      hwy::TargetName(HWY_TARGET));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::engine::kernel {

HWY_EXPORT(int8_gemm);

const Gemm& gemm_int8() { return HWY_DYNAMIC_DISPATCH(int8_gemm)(); }

}  // namespace evax::engine::kernel
#endif
