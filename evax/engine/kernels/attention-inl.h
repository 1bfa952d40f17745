// Attention with rotary position embedding (attention.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_ATTENTION_INL_H_
#undef EVAX_ENGINE_KERNELS_ATTENTION_INL_H_
#else
#define EVAX_ENGINE_KERNELS_ATTENTION_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "evax/engine/kernels/attention.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// Type: F32 or Bf16.
template <class Type>
struct AttentionOf {
  using T = typename Type::T;

  static constexpr float scale = 0.125F;  // 1 / sqrt(head_dim)

  static size_t padded(size_t tokens) { return (tokens + panel - 1) / panel * panel; }

  // Per head: keys as panels of tokens, k = channel; then values as panels of channels, k = token.
  static size_t head_size(size_t tokens) { return 2 * head_dim * padded(tokens); }

  static size_t packed_bytes(size_t tokens, size_t heads) {
    return heads * head_size(tokens) * sizeof(T);
  }

  static size_t scratch_bytes(size_t tokens) { return max_rows * padded(tokens) * sizeof(float); }

  // (x0, x1) -> (x0 cos - x1 sin, x1 cos + x0 sin) on the neighbouring channels of a head; the
  // first minus is in the table. Back: by the same angles the other way round. `out` may be x.
  template <bool back = false>
  static HWY_INLINE void rotate(const T* x, const float* cos, const float* sin, T* out) {
#if HWY_TARGET == HWY_SCALAR
    for (size_t c = 0; c < head_dim; c += 2) {
      const float even = hn::GetLane(Type::load(x + c));
      const float odd = hn::GetLane(Type::load(x + c + 1));
      const Floats d;
      Type::store(hn::Set(d, even * cos[c] + odd * (back ? -sin[c] : sin[c])), out + c);
      Type::store(hn::Set(d, odd * cos[c + 1] + even * (back ? -sin[c + 1] : sin[c + 1])),
                  out + c + 1);
    }
#else
    const Floats d;
    for (size_t c = 0; c < head_dim; c += lanes) {
      const Vector value = Type::load(x + c);
      const Vector swapped = hn::Mul(hn::Shuffle2301(value), hn::LoadU(d, sin + c));
      const Vector cosine = hn::LoadU(d, cos + c);
      Type::store(back ? hn::MulSub(value, cosine, swapped) : hn::MulAdd(value, cosine, swapped),
                  out + c);
    }
#endif
  }

  static void pack_keys(const AttentionCall& call, size_t head, size_t row) {
    T* q = static_cast<T*>(call.qkv) + row * call.qkv_stride + head * head_dim;
    T* k = q + call.heads * head_dim;
    const float* cos = call.cos + row * head_dim;
    const float* sin = call.sin + row * head_dim;
    rotate(q, cos, sin, q);
    rotate(k, cos, sin, k);
    T* keys = static_cast<T*>(call.packed) + head * head_size(call.tokens);
    T* key = keys + row / panel * panel * head_dim;
    for (size_t c = 0; c < head_dim; c += Type::step)
      std::memcpy(key + Type::packed_index(c, row % panel), k + c, Type::step * sizeof(T));
  }

  // For the tokens of one step, or for those of them that other calls leave to this one.
  static void pack_values(const AttentionCall& call, size_t head, size_t row, size_t rows) {
    const size_t stride = padded(call.tokens);
    const T* v = static_cast<const T*>(call.qkv) + row * call.qkv_stride +
                 (2 * call.heads + head) * head_dim;
    T* values = static_cast<T*>(call.packed) + head * head_size(call.tokens) + head_dim * stride;
    for (size_t c = 0; c < head_dim; c += lanes) {
      T* out = values + c / panel * panel * stride;
      if (rows == Type::step)
        Type::store_step([&](size_t next) { return Type::load(v + next * call.qkv_stride + c); },
                         out + Type::packed_index(row, c % panel));
      else
        for (size_t i = c; i < c + lanes; ++i) out[Type::packed_index(row, i % panel)] = v[i];
    }
  }

  static void pack(const AttentionCall& call, size_t row_begin, size_t row_end) {
    for (size_t head = 0; head < call.heads; ++head) {
      for (size_t row = row_begin; row < row_end; ++row) pack_keys(call, head, row);
      for (size_t row = row_begin, rows = 0; row < row_end; row += rows) {
        rows = std::min(Type::step - row % Type::step, row_end - row);
        pack_values(call, head, row, rows);
      }
    }
  }

  // weights = e^(scale (score - max)); returns their sum. `weights` may be `scores`. Out: F32 or
  // Type.
  template <class Out>
  static HWY_INLINE float exponentiate(const float* scores, size_t count,
                                       typename Out::T* weights) {
    const Floats d;
    const size_t whole = (count - 1) / lanes * lanes;
    const auto tail = hn::FirstN(d, count - whole);  // 1 to all lanes
    Vector max = hn::IfThenElse(tail, hn::Load(d, scores + whole), hn::Set(d, -3.4e38F));
    for (size_t i = 0; i < whole; i += lanes) max = hn::Max(max, hn::Load(d, scores + i));
    max = hn::MaxOfLanes(d, max);
    const auto weight = [&](size_t i) {
      return Out::exponential(hn::Mul(hn::Sub(hn::Load(d, scores + i), max), hn::Set(d, scale)));
    };
    Vector sum = hn::Zero(d);
    for (size_t i = 0; i < whole; i += lanes) {
      const Vector e = weight(i);
      sum = hn::Add(sum, e);
      Out::store(e, weights + i);
    }
    const Vector e = hn::IfThenElseZero(tail, weight(whole));
    Out::store(e, weights + whole);
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, e)));
  }

  // The softmax of a row of scores in float32; overwrites the scores.
  static HWY_INLINE void softmax(float* scores, size_t tokens, float* out) {
    const float inverse = 1.0F / exponentiate<F32>(scores, tokens, scores);
    for (size_t token = 0; token < tokens; ++token) out[token] = scores[token] * inverse;
  }

  template <size_t Rows>
  static HWY_INLINE void score_tile(const AttentionCall& call, size_t head, size_t row,
                                    float* scores) {
    const Floats d;
    const size_t stride = padded(call.tokens);
    const T* q = static_cast<const T*>(call.qkv) + row * call.qkv_stride + head * head_dim;
    const T* keys = static_cast<const T*>(call.packed) + head * head_size(call.tokens);
    for (size_t token = 0; token < stride; token += panel) {
      const auto tile = multiply<Type, Rows>(q, call.qkv_stride, keys + token * head_dim, head_dim);
      for (size_t r = 0; r < Rows; ++r)
        for (size_t v = 0; v < 2; ++v)
          hn::Store(tile.sum[r][v], d, scores + r * stride + token + v * lanes);
    }
  }

  template <size_t Rows>
  static HWY_INLINE void attend_tile(const AttentionCall& call, size_t head, size_t row,
                                     float* scores) {
    const Floats d;
    const size_t stride = padded(call.tokens);
    const T* values =
        static_cast<const T*>(call.packed) + head * head_size(call.tokens) + head_dim * stride;
    score_tile<Rows>(call, head, row, scores);
    // Weights take the place of the scores, row by row.
    auto* weights = reinterpret_cast<T*>(scores);
    const size_t weights_stride = stride * sizeof(float) / sizeof(T);
    float inverse[Rows];
    for (size_t r = 0; r < Rows; ++r)
      inverse[r] =
          1.0F / exponentiate<Type>(scores + r * stride, call.tokens, weights + r * weights_stride);
    T* out = static_cast<T*>(call.out) + row * call.out_stride + head * head_dim;
    for (size_t c = 0; c < head_dim; c += panel) {
      const auto tile =
          multiply<Type, Rows>(weights, weights_stride, values + c * stride, call.tokens);
      for (size_t r = 0; r < Rows; ++r)
        for (size_t v = 0; v < 2; ++v)
          Type::store(hn::Mul(tile.sum[r][v], hn::Set(d, inverse[r])),
                      out + r * call.out_stride + c + v * lanes);
    }
  }

  static void attend(const AttentionCall& call, size_t row_begin, size_t row_end, void* scratch) {
    auto* scores = static_cast<float*>(scratch);
    for (size_t head = 0; head < call.heads; ++head)
      for_each_tile(row_begin, row_end, [&](size_t row, auto height) {
        attend_tile<decltype(height)::value>(call, head, row, scores);
      });
  }

  static void weights(const AttentionCall& call, size_t head, size_t row_begin, size_t row_end,
                      void* scratch, float* out, size_t out_stride) {
    auto* scores = static_cast<float*>(scratch);
    for_each_tile(row_begin, row_end, [&](size_t row, auto height) {
      constexpr size_t rows = decltype(height)::value;
      score_tile<rows>(call, head, row, scores);
      for (size_t r = 0; r < rows; ++r)
        softmax(scores + r * padded(call.tokens), call.tokens,
                out + (row - row_begin + r) * out_stride);
    });
  }

  static const AttentionKernel& table() {
    static const AttentionKernel attention{packed_bytes, scratch_bytes, pack, attend, weights};
    return attention;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
