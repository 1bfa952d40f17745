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

  // For results that are rounded to 8 bits.
  /// e^x within 1e-4 of it: 2^n 2^f, |f| <= 1/2, by the minimax cubic for 2^f.
  static HWY_INLINE Vector exponential(Vector x) {
    const Floats d;
    const __m512 power = hn::Mul(x, hn::Set(d, 1.44269504F)).raw;
    const Vector f{_mm512_reduce_ps(power, _MM_FROUND_TO_NEAREST_INT)};
    Vector p = hn::MulAdd(hn::Set(d, 0.05517167F), f, hn::Set(d, 0.24261112F));
    p = hn::MulAdd(p, f, hn::Set(d, 0.69326099F));
    p = hn::MulAdd(p, f, hn::Set(d, 0.99992807F));
    return Vector{_mm512_scalef_ps(p.raw, hn::Sub(Vector{power}, f).raw)};
  }
  /// Within 1e-4.
  static HWY_INLINE Vector divide(Vector a, Vector b) {
    return hn::Mul(a, Vector{_mm512_rcp14_ps(b.raw)});
  }

  /// A packed panel is [k / 2][panel][2]: the dot product takes pairs of k.
  static constexpr size_t packed_k(size_t k) { return (k + 1) / 2 * 2; }
  static constexpr size_t packed_index(size_t k, size_t column) {
    return k / 2 * 2 * panel + column * 2 + k % 2;
  }

  /// Two k at a time; see multiply() in tile-inl.h.
  static constexpr size_t step = 2;
  /// A vector of columns of a packed panel; vector_of(i) is that of number i of a step.
  template <class VectorOf>
  static HWY_INLINE void store_step(const VectorOf& vector_of, T* out) {
    const __m512i first = _mm512_cvtepu16_epi32(narrowed(vector_of(0)));
    const __m512i second = _mm512_cvtepu16_epi32(narrowed(vector_of(1)));
    _mm512_storeu_si512(out, _mm512_or_si512(first, _mm512_slli_epi32(second, 16)));
  }
  /// The same, number `part` of a step alone; number 0 first.
  static HWY_INLINE void store_part(Vector v, size_t part, T* out) {
    const __m512i bits = _mm512_cvtepu16_epi32(narrowed(v));
    _mm512_storeu_si512(
        out,
        part == 0 ? bits : _mm512_or_si512(_mm512_loadu_si512(out), _mm512_slli_epi32(bits, 16)));
  }
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
