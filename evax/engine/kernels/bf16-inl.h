// Activations and weights in bfloat16, sums in float32. Intrinsics: Highway 1.0.3 has no bf16 dot
// product. Needs AVX-512-BF16.
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_BF16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_BF16_INL_H_
#undef EVAX_ENGINE_KERNELS_BF16_INL_H_
#else
#define EVAX_ENGINE_KERNELS_BF16_INL_H_
#endif

#include <hwy/highway.h>
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

struct Bf16 {
  using T = uint16_t;

  static HWY_INLINE Vector widened(__m256i bits) {
    return Vector{_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
  }
  static HWY_INLINE __m256i narrowed(Vector v) {
    const __m256bh rounded = _mm512_cvtneps_pbh(v.raw);
    __m256i bits;
    std::memcpy(&bits, &rounded, sizeof bits);
    return bits;
  }
  static __mmask16 first(size_t count) {
    return static_cast<__mmask16>(count < lanes ? (1U << count) - 1 : 0xFFFFU);
  }

  static HWY_INLINE Vector load(const T* x) {
    return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
  }
  static HWY_INLINE void store(Vector v, T* y) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), narrowed(v));
  }
  /// The first `count` lanes; the others are 0, and stay as they are in memory.
  static HWY_INLINE Vector load_first(size_t count, const T* x) {
    return widened(_mm256_maskz_loadu_epi16(first(count), x));
  }
  static HWY_INLINE void store_first(size_t count, Vector v, T* y) {
    _mm256_mask_storeu_epi16(y, first(count), narrowed(v));
  }

  /// A packed panel is [k / 2][panel][2]: the dot product takes pairs of k.
  static constexpr size_t packed_k(size_t k) { return (k + 1) / 2 * 2; }
  static constexpr size_t packed_index(size_t k, size_t column) {
    return k / 2 * 2 * panel + column * 2 + k % 2;
  }
  static T from_float(float value) {
    T bits;
    store_first(1, hn::Set(Floats(), value), &bits);
    return bits;
  }

  static HWY_INLINE __m512bh pairs(const T* x) {
    __m512bh bits;
    std::memcpy(&bits, x, sizeof bits);
    return bits;
  }
  static HWY_INLINE __m512bh broadcast(const T* x) {
    int32_t pair;
    std::memcpy(&pair, x, sizeof pair);
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
  }
  static HWY_INLINE __m512bh broadcast_last(const T* x) {
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(*x));
  }

  /// Rows of x times one panel. k ascends: the order, and so every bit of a sum, is the same
  /// whatever the number of rows.
  template <size_t Rows>
  static HWY_INLINE Tile<Rows> multiply(const T* HWY_RESTRICT x, size_t stride,
                                        const T* HWY_RESTRICT weights, size_t k) {
    Tile<Rows> tile;
    for (size_t r = 0; r < Rows; ++r) tile.sum[r][0] = tile.sum[r][1] = hn::Zero(Floats());
    const auto step = [&](size_t i, auto input) {
      const __m512bh w0 = pairs(weights + i * panel);
      const __m512bh w1 = pairs(weights + i * panel + panel);
      for (size_t r = 0; r < Rows; ++r) {
        const __m512bh value = input(x + r * stride + i);
        tile.sum[r][0].raw = _mm512_dpbf16_ps(tile.sum[r][0].raw, value, w0);
        tile.sum[r][1].raw = _mm512_dpbf16_ps(tile.sum[r][1].raw, value, w1);
      }
    };
    const size_t even = k / 2 * 2;
    for (size_t i = 0; i < even; i += 2) step(i, [](const T* p) { return broadcast(p); });
    if (even < k) step(even, [](const T* p) { return broadcast_last(p); });
    return tile;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
