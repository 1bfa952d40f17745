// bfloat16 for the tests of AMX kernels on every CPU: the interface of bf16-inl.h that they use,
// without instructions of its own. Included once for each instruction set (Highway's toggled
// include guard).

#if defined(EVAX_ENGINE_KERNELS_AMX_PORTABLE_BF16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_AMX_PORTABLE_BF16_INL_H_
#undef EVAX_ENGINE_KERNELS_AMX_PORTABLE_BF16_INL_H_
#else
#define EVAX_ENGINE_KERNELS_AMX_PORTABLE_BF16_INL_H_
#endif

#include <hwy/highway.h>

#include <cstring>

#include "evax/core/float16.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

struct PortableBf16 : FloatSums {
  using T = uint16_t;
  using Arithmetic = Fused;

  static Vector load(const T* x) { return load_first(lanes, x); }
  static void store(Vector v, T* y) { store_first(lanes, v, y); }
  static void store_two(Vector low, Vector high, T* y) {
    store(low, y);
    store(high, y + lanes);
  }
  static Vector load_first(size_t count, const T* x) {
    HWY_ALIGN float values[lanes] = {};
    for (size_t i = 0; i < count; ++i) values[i] = bf16_to_float(x[i]);
    return hn::Load(Floats(), values);
  }
  static void store_first(size_t count, Vector v, T* y) {
    HWY_ALIGN float values[lanes];
    hn::Store(v, Floats(), values);
    for (size_t i = 0; i < count; ++i) y[i] = float_to_bf16(values[i]);
  }

  static Vector exponential(Vector x) { return F32::exponential(x); }
  static Vector power_of_two(Vector x) {
    return F32::exponential(hn::Mul(x, hn::Set(Floats(), 0.693147181F)));
  }
  static Vector divide(Vector a, Vector b) { return hn::Div(a, b); }

  static constexpr size_t step = 2;
  template <class VectorOf>
  static void store_step(const VectorOf& vector_of, T* out) {
    T first[lanes], second[lanes];
    store(vector_of(0), first);
    store(vector_of(1), second);
    for (size_t i = 0; i < lanes; ++i) {
      out[2 * i] = first[i];
      out[2 * i + 1] = second[i];
    }
  }
  static void transpose_pairs(const T* x, size_t stride, size_t rows, T* out) {
    std::memset(out, 0, 16 * 32 * sizeof(T));
    for (size_t row = 0; row < rows; ++row)
      for (size_t i = 0; i < 32; i += 2)
        std::memcpy(out + i / 2 * 32 + row * 2, x + row * stride + i, 2 * sizeof(T));
  }
  static void pair_rows(const T* first, const T* second, T* out) {
    for (size_t i = 0; i < 16; ++i) {
      out[2 * i] = first[i];
      out[2 * i + 1] = second[i];
    }
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
