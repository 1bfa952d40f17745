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

  /// Two k at a time; see multiply() in tile-inl.h.
  static constexpr size_t step = 2;
  using Weights = __m512bh;
  static HWY_INLINE Weights load_weights(const T* weights) {
    Weights bits;
    std::memcpy(&bits, weights, sizeof bits);
    return bits;
  }
  static HWY_INLINE Weights broadcast(const T* value) {
    int32_t pair;
    std::memcpy(&pair, value, sizeof pair);
    return repeated(pair);
  }
  /// Without a partner: 0 takes its place.
  static HWY_INLINE Weights broadcast_last(const T* value) { return repeated(*value); }
  static HWY_INLINE Vector multiply_add(Weights value, Weights weights, Vector sum) {
    return Vector{_mm512_dpbf16_ps(sum.raw, value, weights)};
  }

 private:
  static HWY_INLINE Weights repeated(int32_t pair) {
    return reinterpret_cast<Weights>(_mm512_set1_epi32(pair));
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
