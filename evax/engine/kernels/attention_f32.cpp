// Float32 attention with rotary position embedding, one source for every instruction set.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/engine/kernels/attention_f32.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <algorithm>

#include "evax/engine/kernels/attention.h"
#include "evax/engine/kernels/exp-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

constexpr float scale = 0.125F;  // 1 / sqrt(head_dim)

size_t padded(size_t tokens) { return (tokens + panel - 1) / panel * panel; }

// Per head: keys as panels of tokens [padded / panel][64][panel], then values as panels of channels
// [64 / panel][padded][panel].
size_t head_floats(size_t tokens) { return 2 * head_dim * padded(tokens); }

size_t packed_bytes(size_t tokens, size_t heads) {
  return heads * head_floats(tokens) * sizeof(float);
}

size_t scratch_bytes(size_t tokens) { return max_rows * padded(tokens) * sizeof(float); }

// (x0, x1) -> (x0 cos - x1 sin, x1 cos + x0 sin) on the neighbouring channels of a head; the first
// minus is in the table. `out` may be x.
HWY_INLINE void rotate(const float* x, const float* cos, const float* sin, float* out) {
#if HWY_TARGET == HWY_SCALAR
  for (size_t c = 0; c < head_dim; c += 2) {
    const float even = x[c];
    const float odd = x[c + 1];
    out[c] = even * cos[c] + odd * sin[c];
    out[c + 1] = odd * cos[c + 1] + even * sin[c + 1];
  }
#else
  const Floats d;
  for (size_t c = 0; c < head_dim; c += lanes) {
    const Vector value = hn::LoadU(d, x + c);
    const Vector swapped = hn::Mul(hn::Shuffle2301(value), hn::LoadU(d, sin + c));
    hn::StoreU(hn::MulAdd(value, hn::LoadU(d, cos + c), swapped), d, out + c);
  }
#endif
}

void pack_row(const AttentionCall& call, size_t head, size_t row) {
  const Floats d;
  const size_t width = call.heads * head_dim;
  float* q = static_cast<float*>(call.qkv) + row * call.qkv_stride + head * head_dim;
  const float* k = q + width;
  const float* v = k + width;
  const float* cos = call.cos + row * head_dim;
  const float* sin = call.sin + row * head_dim;
  float* keys = static_cast<float*>(call.packed) + head * head_floats(call.tokens);
  float* values = keys + head_dim * padded(call.tokens);
  float* key = keys + row / panel * panel * head_dim + row % panel;
  HWY_ALIGN float rotated[head_dim];
  rotate(q, cos, sin, q);
  rotate(k, cos, sin, rotated);
  for (size_t c = 0; c < head_dim; c += lanes)
    hn::StoreU(hn::LoadU(d, v + c), d,
               values + (c / panel * padded(call.tokens) + row) * panel + c % panel);
  for (size_t c = 0; c < head_dim; ++c) key[c * panel] = rotated[c];
}

void pack(const AttentionCall& call, size_t row_begin, size_t row_end) {
  for (size_t head = 0; head < call.heads; ++head)
    for (size_t row = row_begin; row < row_end; ++row) pack_row(call, head, row);
}

// Replaces `count` scores by e^(scale (score - max)); returns their sum.
HWY_INLINE float exponentiate(float* scores, size_t count) {
  const Floats d;
  const size_t whole = (count - 1) / lanes * lanes;
  const auto tail = hn::FirstN(d, count - whole);  // 1 to all lanes
  const Vector lowest = hn::Set(d, -3.4e38F);
  Vector max = hn::IfThenElse(tail, hn::Load(d, scores + whole), lowest);
  for (size_t i = 0; i < whole; i += lanes) max = hn::Max(max, hn::Load(d, scores + i));
  max = hn::MaxOfLanes(d, max);
  const auto weight = [&](size_t i) {
    return exponential(d, hn::Mul(hn::Sub(hn::Load(d, scores + i), max), hn::Set(d, scale)));
  };
  Vector sum = hn::Zero(d);
  for (size_t i = 0; i < whole; i += lanes) {
    const Vector e = weight(i);
    sum = hn::Add(sum, e);
    hn::Store(e, d, scores + i);
  }
  const Vector e = hn::IfThenElseZero(tail, weight(whole));
  hn::Store(e, d, scores + whole);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, e)));
}

template <size_t Rows>
HWY_INLINE void attend_tile(const AttentionCall& call, size_t head, size_t row, float* scores) {
  const Floats d;
  const size_t stride = padded(call.tokens);
  const float* q = static_cast<const float*>(call.qkv) + row * call.qkv_stride + head * head_dim;
  const float* keys = static_cast<const float*>(call.packed) + head * head_floats(call.tokens);
  const float* values = keys + head_dim * stride;
  for (size_t token = 0; token < stride; token += panel) {
    const auto tile = multiply_tile<Rows>(q, call.qkv_stride, keys + token * head_dim, head_dim);
    for (size_t r = 0; r < Rows; ++r)
      for (size_t v = 0; v < 2; ++v)
        hn::Store(tile.sum[r][v], d, scores + r * stride + token + v * lanes);
  }
  float inverse[Rows];
  for (size_t r = 0; r < Rows; ++r)
    inverse[r] = 1.0F / exponentiate(scores + r * stride, call.tokens);
  float* out = static_cast<float*>(call.out) + row * call.out_stride + head * head_dim;
  for (size_t c = 0; c < head_dim; c += panel) {
    const auto tile = multiply_tile<Rows>(scores, stride, values + c * stride, call.tokens);
    for (size_t r = 0; r < Rows; ++r)
      for (size_t v = 0; v < 2; ++v)
        hn::StoreU(hn::Mul(tile.sum[r][v], hn::Set(d, inverse[r])), d,
                   out + r * call.out_stride + c + v * lanes);
  }
}

void attend(const AttentionCall& call, size_t row_begin, size_t row_end, void* scratch) {
  auto* scores = static_cast<float*>(scratch);
  for (size_t head = 0; head < call.heads; ++head)
    for_each_tile(row_begin, row_end,
                  [&](size_t row, auto height) { attend_tile<height()>(call, head, row, scores); });
}

const AttentionKernel& table() {
  static const AttentionKernel attention{packed_bytes, scratch_bytes, pack, attend};
  return attention;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::engine::kernel {
HWY_EXPORT(table);
const AttentionKernel& attention_f32() { return HWY_DYNAMIC_DISPATCH(table)(); }
}  // namespace evax::engine::kernel
#endif
