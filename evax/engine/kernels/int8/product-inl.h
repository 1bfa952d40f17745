// Matrix products of 8-bit weights and of activations that are rounded to 8 bits row by row
// (gemm.h). Sums are integers and exact, and what follows them has the same order and roundings
// everywhere: every instruction set gives the same bits.
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_INT8_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_INT8_PRODUCT_INL_H_
#undef EVAX_ENGINE_KERNELS_INT8_PRODUCT_INL_H_
#else
#define EVAX_ENGINE_KERNELS_INT8_PRODUCT_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <numeric>

#include "evax/core/int8.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/gemm.h"
#include "evax/engine/kernels/tile-inl.h"
#include "evax/engine/memory.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// Activations in float32 with the same bits everywhere.
using ExactF32 = FloatOf<Separate>;

using Integers = hn::RebindToSigned<Floats>;
using IntegerVector = hn::Vec<Integers>;

/// A product of codes, and what makes numbers of its sums.
struct Int8Call : GemmCall {
  const float* row_scales;     // [rows]
  const float* column_scales;  // [columns]
  const int32_t* excess;       // [columns]: what codes stored too large add to a column's sums
};

/// Common to the ways to multiply codes. Element: what holds a code; Step: how many of k are
/// multiplied together; Unsigned: codes of x are stored 128 too large, for instructions that
/// multiply unsigned by signed bytes.
template <class Element, size_t Step, bool Unsigned>
struct Int8Codes {
  using T = Element;
  using Sum = IntegerVector;
  using Call = Int8Call;
  static constexpr size_t step = Step;
  static constexpr int32_t excess = Unsigned ? 128 : 0;

  /// A packed panel is [k / step][panel][step].
  static constexpr size_t packed_k(size_t k) { return (k + step - 1) / step * step; }
  static constexpr size_t packed_index(size_t k, size_t column) {
    return k / step * step * panel + column * step + k % step;
  }

  // Nothing here may be contracted to a fused multiply-add, which not every CPU has.
  static HWY_INLINE Vector product(const Int8Call& call, IntegerVector sum, size_t row,
                                   size_t column) {
    const Floats d;
    if constexpr (Unsigned) sum = hn::Sub(sum, hn::LoadU(Integers(), call.excess + column));
    return hn::Mul(hn::Mul(hn::ConvertTo(d, sum), hn::Set(d, call.row_scales[row])),
                   hn::LoadU(d, call.column_scales + column));
  }

  // Codes of float32 or activations.

  // In can have faster ways of its own. As integers, magnitudes are in the order of the numbers,
  // and a NaN is the largest: it makes the row's scale, and so its results, NaN.
  template <class In>
  static HWY_INLINE float largest(const typename In::T* x, size_t count) {
    if constexpr (requires { In::largest(x, count); }) return In::largest(x, count);
    const Integers d;
    const auto magnitude = [&](Vector value) { return hn::BitCast(d, hn::Abs(value)); };
    const size_t pairs = count / (2 * lanes) * (2 * lanes);
    IntegerVector even = hn::Zero(d), odd = hn::Zero(d);
    for (size_t i = 0; i < pairs; i += 2 * lanes) {
      even = hn::Max(even, magnitude(In::load(x + i)));
      odd = hn::Max(odd, magnitude(In::load(x + i + lanes)));
    }
    for (size_t i = pairs; i < count; i += lanes)
      even = hn::Max(even, magnitude(In::load_first(std::min(lanes, count - i), x + i)));
    return hn::GetLane(hn::BitCast(Floats(), hn::MaxOfLanes(d, hn::Max(even, odd))));
  }

  // Whole vectors: codes of zeros behind the last.
  template <class In, bool shifted>
  static HWY_INLINE void encode(const typename In::T* x, size_t count, float inverse, T* codes) {
    if constexpr (requires { In::template encode<shifted>(x, count, inverse, codes); })
      return In::template encode<shifted>(x, count, inverse, codes);
    const hn::Rebind<T, Floats> narrow;
    // The last bit of a number this large is worth 1: adding it rounds to the nearest integer, ties
    // to even, with the integer in the low bits.
    const Vector large = hn::Set(Floats(), 0x1.8p23F);
    const auto store = [&](Vector value, T* to) {
      const Vector rounded = hn::Add(hn::Mul(value, hn::Set(Floats(), inverse)), large);
      auto code = hn::DemoteTo(
          narrow, hn::Sub(hn::BitCast(Integers(), rounded), hn::BitCast(Integers(), large)));
      if constexpr (shifted) code = hn::Xor(code, hn::Set(narrow, T{-128}));
      hn::StoreU(code, narrow, to);
    };
    const size_t whole = count / lanes * lanes;
    for (size_t i = 0; i < whole; i += lanes) store(In::load(x + i), codes + i);
    if (whole < count) store(In::load_first(count - whole, x + whole), codes + whole);
  }

  /// Encodes a row of weights; returns its scale.
  static float encode_weights(const float* w, size_t k, T* codes) {
    const float scale = int8_scale(largest<F32>(w, k));
    encode<F32, false>(w, k, scale == 0 ? 0 : 1 / scale, codes);
    return scale;
  }
  /// Encodes a row of activations; returns its scale.
  template <class In>
  static HWY_INLINE float encode_activations(const typename In::T* x, size_t k, T* codes) {
    const float most = largest<In>(x, k);
    encode<In, Unsigned>(x, k, most == 0 ? 0 : max_int8_code / most, codes);
    return most / max_int8_code;
  }
};

/// Codes for AMX tiles (amx/).
using Int8Tiles = Int8Codes<int8_t, 4, false>;

/// The Gemm of a way to multiply codes and its kernel (GemmKernel or AmxProduct), for activations
/// of type `Out`.
/// Packed: scales and excess of the columns, then the kernel's panels.
template <class Codes, class Kernel, class Out, size_t columns_together>
struct Int8Gemm {
  using T = typename Codes::T;

  static size_t head_bytes(size_t columns) {
    return (columns * (sizeof(float) + sizeof(int32_t)) + 63) / 64 * 64;
  }
  static size_t packed_bytes(size_t columns, size_t k) {
    return head_bytes(columns) + Kernel::packed_bytes(columns, k);
  }

  static void pack(const float* const* weights, size_t columns, size_t k, void* packed) {
    auto* const scales = static_cast<float*>(packed);
    auto* const excess = reinterpret_cast<int32_t*>(scales + columns);
    auto* out = static_cast<std::byte*>(packed) + head_bytes(columns);
    const size_t stride = k + lanes;
    Scratch scratch;  // no container of the library: see memory.h
    auto* const codes = reinterpret_cast<T*>(scratch.take(columns_together * stride * sizeof(T)));
    const T* sources[columns_together];
    for (size_t first = 0; first < columns; first += columns_together) {
      for (size_t c = 0; c < columns_together; ++c) {
        const float* w = weights[first + c];
        T* const to = codes + c * stride;
        sources[c] = w == nullptr ? nullptr : to;
        scales[first + c] = w == nullptr ? 0 : Codes::encode_weights(w, k, to);
        excess[first + c] =
            w == nullptr ? 0 : Codes::excess * std::accumulate(to, to + k, int32_t{0});
      }
      Kernel::template pack<Codes>(sources, columns_together, k, out);
      out += Kernel::packed_bytes(columns_together, k);
    }
  }

  static void run(const GemmCall& call) {
    thread_local Scratch code_scratch, scale_scratch;
    const size_t stride = padded_stride(call.k, sizeof(T));  // whole vectors: lines
    auto* const codes = reinterpret_cast<T*>(code_scratch.take(call.rows * stride * sizeof(T)));
    auto* const scales = reinterpret_cast<float*>(scale_scratch.take(call.rows * sizeof(float)));
    for (size_t row = 0; row < call.rows; ++row) {
      const auto* x = static_cast<const typename Out::T*>(call.x) + row * call.x_stride;
      scales[row] = Codes::template encode_activations<Out>(x, call.k, codes + row * stride);
    }
    const auto* column_scales = static_cast<const float*>(call.weights);
    const auto* excess = reinterpret_cast<const int32_t*>(column_scales + call.columns);
    Int8Call inner{call, scales, column_scales, excess};
    inner.x = codes;
    inner.x_stride = stride;
    inner.weights = static_cast<const std::byte*>(call.weights) + head_bytes(call.columns);
    inner.k = Codes::packed_k(call.k);
    Kernel::run(inner);
  }

  static const Gemm& table(const char* name) {
    static const Gemm gemm{name, columns_together, packed_bytes, pack, nullptr, run, Kernel::burn};
    return gemm;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
