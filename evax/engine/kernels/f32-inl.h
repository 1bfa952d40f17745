// Activations and weights in float32.
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_F32_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_F32_INL_H_
#undef EVAX_ENGINE_KERNELS_F32_INL_H_
#else
#define EVAX_ENGINE_KERNELS_F32_INL_H_
#endif

#include <hwy/highway.h>

#include <cstring>

#include "evax/engine/kernels/exp-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// Arithmetic: Fused, or Separate for results of the same bits on every instruction set.
template <class ArithmeticOf>
struct FloatOf : FloatSums {
  using T = float;
  using Arithmetic = ArithmeticOf;

  static HWY_INLINE Vector load(const T* x) { return hn::LoadU(Floats(), x); }
  static HWY_INLINE void store(Vector v, T* y) { hn::StoreU(v, Floats(), y); }
  /// The first `count` lanes; the others are 0, and stay as they are in memory.
  // By way of a whole vector: on SSE, Highway's masked loads need alignment and read beyond the
  // end.
  static HWY_INLINE Vector load_first(size_t count, const T* x) {
    HWY_ALIGN T values[lanes] = {};
    std::memcpy(values, x, count * sizeof(T));
    return hn::Load(Floats(), values);
  }
  static HWY_INLINE void store_two(Vector low, Vector high, T* y) {
    store(low, y);
    store(high, y + lanes);
  }
  static HWY_INLINE void store_first(size_t count, Vector v, T* y) {
    HWY_ALIGN T values[lanes];
    hn::Store(v, Floats(), values);
    std::memcpy(y, values, count * sizeof(T));
  }

  static HWY_INLINE Vector exponential(Vector x) {
    return kernel::HWY_NAMESPACE::exponential<Arithmetic>(x);
  }
  static HWY_INLINE Vector divide(Vector a, Vector b) { return hn::Div(a, b); }

  /// A packed panel is [k][panel].
  static constexpr size_t packed_k(size_t k) { return k; }
  static constexpr size_t packed_index(size_t k, size_t column) { return k * panel + column; }

  /// One k at a time; see multiply() in tile-inl.h.
  static constexpr size_t step = 1;
  /// A vector of columns of a packed panel; vector_of(i) is that of number i of a step.
  template <class VectorOf>
  static HWY_INLINE void store_step(const VectorOf& vector_of, T* out) {
    store(vector_of(0), out);
  }
  /// The same, number `part` of a step alone; number 0 first.
  static HWY_INLINE void store_part(Vector v, size_t /*part*/, T* out) { store(v, out); }
  using Weights = Vector;
  static HWY_INLINE Weights load_weights(const T* weights) { return hn::Load(Floats(), weights); }
  static HWY_INLINE Weights broadcast(const T* value) { return hn::Set(Floats(), *value); }
  static HWY_INLINE Vector multiply_add(Weights value, Weights weights, Vector sum) {
    return hn::MulAdd(value, weights, sum);
  }
};

using F32 = FloatOf<Fused>;

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
