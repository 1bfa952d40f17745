// Products of 8-bit codes by VNNI: four unsigned bytes of x times four signed ones of the weights,
// summed in 32 bits. Intrinsics: Highway 1.0.3 has no such instruction. AVX-512-VNNI, or AVX-VNNI
// where this is compiled for AVX2.
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_INT8_VNNI_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_INT8_VNNI_INL_H_
#undef EVAX_ENGINE_KERNELS_INT8_VNNI_INL_H_
#else
#define EVAX_ENGINE_KERNELS_INT8_VNNI_INL_H_
#endif

#include <hwy/highway.h>
#include <immintrin.h>

#include <cstring>

#include "evax/engine/kernels/int8/product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

struct Vnni : Int8Codes<int8_t, 4, true> {
  using Weights = IntegerVector;  // of four codes each

  static HWY_INLINE Weights load_weights(const T* codes) {
    return hn::BitCast(Integers(), hn::Load(hn::Repartition<T, Floats>(), codes));
  }
  static HWY_INLINE Weights broadcast(const T* codes) {
    int32_t four;
    std::memcpy(&four, codes, sizeof four);
    return hn::Set(Integers(), four);
  }
  static HWY_INLINE Sum multiply_add(Weights value, Weights weights, Sum sum) {
#if HWY_TARGET == HWY_AVX2
    return Sum{_mm256_dpbusd_avx_epi32(sum.raw, value.raw, weights.raw)};
#else
    return Sum{_mm512_dpbusd_epi32(sum.raw, value.raw, weights.raw)};
#endif
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
