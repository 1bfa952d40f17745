// Products of 8-bit codes for CPUs without instructions for them: codes are widened to 16 bits, and
// pairs of products summed in 32. Included once for each instruction set (Highway's toggled include
// guard).

#if defined(EVAX_ENGINE_KERNELS_INT8_WIDENED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_INT8_WIDENED_INL_H_
#undef EVAX_ENGINE_KERNELS_INT8_WIDENED_INL_H_
#else
#define EVAX_ENGINE_KERNELS_INT8_WIDENED_INL_H_
#endif

#include <hwy/highway.h>

#include <cstring>

#include "evax/engine/kernels/int8/product-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

struct Widened : Int8Codes<int16_t, 2, false> {
  using Weights = IntegerVector;  // of two codes each

  static HWY_INLINE Weights load_weights(const T* codes) {
#if HWY_TARGET == HWY_SCALAR
    return broadcast(codes);
#else
    return hn::BitCast(Integers(), hn::Load(hn::Repartition<T, Floats>(), codes));
#endif
  }
  static HWY_INLINE Weights broadcast(const T* codes) {
    int32_t pair;
    std::memcpy(&pair, codes, sizeof pair);
    return hn::Set(Integers(), pair);
  }
  static HWY_INLINE Sum multiply_add(Weights value, Weights weights, Sum sum) {
#if HWY_TARGET == HWY_SCALAR
    const auto even = [](Weights pair) { return hn::ShiftRight<16>(hn::ShiftLeft<16>(pair)); };
    const auto odd = [](Weights pair) { return hn::ShiftRight<16>(pair); };
    return hn::Add(sum,
                   hn::Add(hn::Mul(even(value), even(weights)), hn::Mul(odd(value), odd(weights))));
#else
    const hn::Repartition<T, Floats> shorts;
    Sum odd = hn::Zero(Integers());
    const Sum even = hn::ReorderWidenMulAccumulate(Integers(), hn::BitCast(shorts, value),
                                                   hn::BitCast(shorts, weights), odd, odd);
    return hn::Add(sum, hn::RearrangeToOddPlusEven(even, odd));
#endif
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
