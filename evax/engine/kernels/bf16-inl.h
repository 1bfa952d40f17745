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

#include "evax/engine/kernels/exp-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

struct Bf16 : FloatSums {
  using T = uint16_t;
  using Arithmetic = Fused;

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

  static __mmask32 first_two(size_t count) { return count < 2 * lanes ? (1U << count) - 1 : ~0U; }

  static HWY_INLINE Vector load(const T* x) {
    return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
  }
  static HWY_INLINE void store(Vector v, T* y) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), narrowed(v));
  }
  static HWY_INLINE void store_two(Vector low, Vector high, T* y) {
    const __m512bh rounded = _mm512_cvtne2ps_pbh(high.raw, low.raw);
    std::memcpy(y, &rounded, sizeof rounded);
  }
  /// The first `count` lanes; the others are 0, and stay as they are in memory.
  static HWY_INLINE Vector load_first(size_t count, const T* x) {
    return widened(_mm256_maskz_loadu_epi16(first(count), x));
  }
  static HWY_INLINE void store_first(size_t count, Vector v, T* y) {
    _mm256_mask_storeu_epi16(y, first(count), narrowed(v));
  }

  // For results that are rounded to 8 bits.
  /// e^x within 1e-4 of it.
  static HWY_INLINE Vector exponential(Vector x) {
    return power_of_two(hn::Mul(x, hn::Set(Floats(), 1.44269504F)));
  }
  /// 2^x within 1e-4 of it: 2^n 2^f, |f| <= 1/2, by the minimax cubic for 2^f.
  static HWY_INLINE Vector power_of_two(Vector x) {
    const Floats d;
    const Vector f{_mm512_reduce_ps(x.raw, _MM_FROUND_TO_NEAREST_INT)};
    Vector p = hn::MulAdd(hn::Set(d, 0.05517167F), f, hn::Set(d, 0.24261112F));
    p = hn::MulAdd(p, f, hn::Set(d, 0.69326099F));
    p = hn::MulAdd(p, f, hn::Set(d, 0.99992807F));
    return Vector{_mm512_scalef_ps(p.raw, hn::Sub(x, f).raw)};
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

  // What layers in 8 bits need (int8/).
  /// Largest magnitude: as integers, magnitudes are in the order of the numbers, NaN the largest.
  static HWY_INLINE float largest(const T* x, size_t count) {
    const __m512i magnitude = _mm512_set1_epi16(0x7FFF);
    __m512i most = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += 32)
      most = _mm512_max_epu16(
          most, _mm512_and_si512(magnitude, _mm512_maskz_loadu_epi16(first_two(count - i), x + i)));
    const __m512i both = _mm512_max_epu16(most, _mm512_srli_epi32(most, 16));
    const auto bits = _mm512_reduce_max_epi32(_mm512_and_si512(both, _mm512_set1_epi32(0xFFFF)));
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(bits << 16)));
  }
  /// Nearest integers of x * inverse; `shifted` ones are 128 larger, as unsigned bytes. 32 at a
  /// time: codes of zeros behind the last.
  template <bool shifted>
  static HWY_INLINE void encode(const T* x, size_t count, float inverse, int8_t* codes) {
    const __m512 factor = _mm512_set1_ps(inverse);
    const auto integers = [&](__m512i bits) {
      return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_castsi512_ps(bits), factor));
    };
    for (size_t i = 0; i < count; i += 32) {
      const __m512i pairs = _mm512_maskz_loadu_epi16(first_two(count - i), x + i);
      const __m512i even = integers(_mm512_slli_epi32(pairs, 16));
      const __m512i odd = integers(_mm512_and_si512(pairs, _mm512_set1_epi32(-0x10000)));
      const __m512i shorts = _mm512_mask_blend_epi16(0xAAAAAAAAU, even, _mm512_slli_epi32(odd, 16));
      __m256i bytes = _mm512_cvtepi16_epi8(shorts);
      if constexpr (shifted) bytes = _mm256_xor_si256(bytes, _mm256_set1_epi8(-128));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i), bytes);
    }
  }

  // What tiles need (amx/).
  /// 16 rows of 16 pairs -> 16 pairs of 16 rows, [pair][row][2]; rows from `rows` on are zeros.
  static HWY_INLINE void transpose_pairs(const T* x, size_t stride, size_t rows, T* out) {
    __m512i r[16], t[16];
    for (size_t i = 0; i < 16; ++i)
      r[i] = i < rows ? _mm512_loadu_si512(x + i * stride) : _mm512_setzero_si512();
    for (size_t i = 0; i < 16; i += 2) {
      t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
      t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (size_t i = 0; i < 16; i += 4)
      for (size_t j = 0; j < 2; ++j) {
        r[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
        r[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
      }
    // r[4 q + j]: of four rows from 4 q on, the pairs j, 4 + j, 8 + j, 12 + j.
    for (size_t j = 0; j < 4; ++j) {
      const __m512i a = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88);
      const __m512i b = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);
      const __m512i c = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
      const __m512i e = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
      _mm512_storeu_si512(out + j * 32, _mm512_shuffle_i32x4(a, c, 0x88));
      _mm512_storeu_si512(out + (8 + j) * 32, _mm512_shuffle_i32x4(a, c, 0xdd));
      _mm512_storeu_si512(out + (4 + j) * 32, _mm512_shuffle_i32x4(b, e, 0x88));
      _mm512_storeu_si512(out + (12 + j) * 32, _mm512_shuffle_i32x4(b, e, 0xdd));
    }
  }
  /// 16 values of each of two rows -> [16][2].
  static HWY_INLINE void pair_rows(const T* first, const T* second, T* out) {
    const __m512i a =
        _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(first)));
    const __m512i b =
        _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(second)));
    _mm512_storeu_si512(out, _mm512_or_si512(a, _mm512_slli_epi32(b, 16)));
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
