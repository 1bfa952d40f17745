// Activations and weights in float32.
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_F32_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_F32_INL_H_
#undef EVAX_ENGINE_KERNELS_F32_INL_H_
#else
#define EVAX_ENGINE_KERNELS_F32_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

struct F32 {
  using T = float;

  static HWY_INLINE Vector load(const T* x) { return hn::LoadU(Floats(), x); }
  static HWY_INLINE void store(Vector v, T* y) { hn::StoreU(v, Floats(), y); }
  /// The first `count` lanes; the others are 0, and stay as they are in memory.
  static HWY_INLINE Vector load_first(size_t count, const T* x) {
    return hn::MaskedLoad(hn::FirstN(Floats(), count), Floats(), x);
  }
  static HWY_INLINE void store_first(size_t count, Vector v, T* y) {
    hn::BlendedStore(v, hn::FirstN(Floats(), count), Floats(), y);
  }

  /// A packed panel is [k][panel].
  static constexpr size_t packed_k(size_t k) { return k; }
  static constexpr size_t packed_index(size_t k, size_t column) { return k * panel + column; }
  static T from_float(float value) { return value; }

  /// Rows of x times one panel. k ascends: the order, and so every bit of a sum, is the same
  /// whatever the number of rows.
  template <size_t Rows>
  static HWY_INLINE Tile<Rows> multiply(const T* HWY_RESTRICT x, size_t stride,
                                        const T* HWY_RESTRICT weights, size_t k) {
    const Floats d;
    Tile<Rows> tile;
    for (size_t r = 0; r < Rows; ++r) tile.sum[r][0] = tile.sum[r][1] = hn::Zero(d);
    for (size_t i = 0; i < k; ++i) {
      const Vector w0 = hn::Load(d, weights + i * panel);
      const Vector w1 = hn::Load(d, weights + i * panel + lanes);
      for (size_t r = 0; r < Rows; ++r) {
        const Vector value = hn::Set(d, x[r * stride + i]);
        tile.sum[r][0] = hn::MulAdd(value, w0, tile.sum[r][0]);
        tile.sum[r][1] = hn::MulAdd(value, w1, tile.sum[r][1]);
      }
    }
    return tile;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
