// How fast this CPU multiplies and adds when nothing else is in the way (peak.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_PEAK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_PEAK_INL_H_
#undef EVAX_ENGINE_KERNELS_PEAK_INL_H_
#else
#define EVAX_ENGINE_KERNELS_PEAK_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

// Keeps the compiler from knowing a register's value, and so from merging equal computations.
template <class V>
HWY_INLINE void hide(V& value) {
#if HWY_ARCH_X86
  asm volatile("" : "+x"(value));
#else
  asm volatile("" : "+w"(value));
#endif
}

// Adds sums one by one up to N, then runs: as an array, the compiler would keep them in memory.
template <class Type, size_t N, class... Sums>
HWY_INLINE typename Type::Sum multiply_add_all(typename Type::Weights value, size_t steps,
                                               Sums... sums) {
  if constexpr (sizeof...(Sums) < N) {
    return multiply_add_all<Type, N>(value, steps, sums...,
                                     hn::Zero(hn::DFromV<typename Type::Sum>()));
  } else {
    (hide(sums), ...);
    for (size_t i = 0; i < steps; ++i) {
      ((sums = Type::multiply_add(value, value, sums)), ...);
      hide(value);
    }
    auto total = hn::Zero(hn::DFromV<typename Type::Sum>());
    ((total = hn::Add(total, sums)), ...);
    return total;
  }
}

/// `steps` times the multiply-adds of a tile, on values that stay in registers; returns the number
/// of operations. Independent sums hide the latency, as in a product.
template <class Type>
double burn_registers(size_t steps) {
  typename Type::T zeros[panel] = {};
  const hn::DFromV<typename Type::Sum> d;
  hn::TFromD<decltype(d)> sums[lanes];
  const auto value = Type::broadcast(zeros);
  hn::StoreU(multiply_add_all<Type, 2 * max_rows>(value, steps), d, sums);
  return sums[0] == 0 ? 2.0 * static_cast<double>(steps * max_rows * panel * Type::step) : 0;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
