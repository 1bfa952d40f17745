// The gradient of attention with rotary position embedding (attention_gradient.h).
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_ATTENTION_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_ATTENTION_GRADIENT_INL_H_
#undef EVAX_ENGINE_KERNELS_ATTENTION_GRADIENT_INL_H_
#else
#define EVAX_ENGINE_KERNELS_ATTENTION_GRADIENT_INL_H_
#endif

#include <hwy/highway.h>

#include "evax/engine/kernels/attention-inl.h"
#include "evax/engine/kernels/attention_gradient.h"
#include "evax/engine/kernels/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// One head of one image. With P = softmax(S), S = q kᵀ / 8 and dP = d_out vᵀ:
/// dS = P (dP - sum(P dP)) / 8, dq = dS k, dk = dSᵀ q, dv = Pᵀ d_out.
class AttentionGradientOf {
 public:
  static size_t scratch_bytes(size_t tokens) {
    return (2 * tokens * padded(tokens) + 2 * head_dim * padded(tokens) + 3 * head_dim * tokens) *
           sizeof(float);
  }

  static void run(const AttentionGradientCall& call, size_t head, void* scratch) {
    AttentionGradientOf(call, head, static_cast<float*>(scratch)).run();
  }

 private:
  static size_t padded(size_t tokens) { return AttentionOf<F32>::padded(tokens); }

  AttentionGradientOf(const AttentionGradientCall& call, size_t head, float* scratch)
      : call_(call),
        stride_(padded(call.tokens)),
        q_(call.qkv + head * head_dim),
        d_out_(call.d_out + head * head_dim),
        d_q_(call.d_qkv + head * head_dim),
        weights_(scratch),
        slopes_(weights_ + call.tokens * stride_),
        keys_across_(slopes_ + call.tokens * stride_),
        values_across_(keys_across_ + head_dim * stride_),
        keys_(values_across_ + head_dim * stride_),
        queries_(keys_ + head_dim * call.tokens),
        d_outs_(queries_ + head_dim * call.tokens) {}

  void run() const {
    const size_t width = call_.heads * head_dim;
    pack_across(q_ + width, keys_across_);
    pack_across(q_ + 2 * width, values_across_);
    pack(q_, call_.qkv_stride, queries_);
    pack(q_ + width, call_.qkv_stride, keys_);
    pack(d_out_, call_.out_stride, d_outs_);
    for_each_tile(0, call_.tokens, [&](size_t row, auto height) {
      constexpr size_t rows = decltype(height)::value;
      across<rows>(q_ + row * call_.qkv_stride, call_.qkv_stride, keys_across_,
                   weights_ + row * stride_);
      across<rows>(d_out_ + row * call_.out_stride, call_.out_stride, values_across_,
                   slopes_ + row * stride_);
      for (size_t r = row; r < row + rows; ++r)
        softmax_gradient(weights_ + r * stride_, slopes_ + r * stride_);
      sum<rows, false>(slopes_ + row * stride_, keys_, row, d_q_);
      rotate_back(d_q_, row, row + rows);
    });
    for_each_tile(0, call_.tokens, [&](size_t token, auto height) {
      constexpr size_t rows = decltype(height)::value;
      sum<rows, true>(slopes_ + token, queries_, token, d_q_ + width);
      rotate_back(d_q_ + width, token, token + rows);
      sum<rows, true>(weights_ + token, d_outs_, token, d_q_ + 2 * width);
    });
  }

  // Panels of tokens, k = channel, for products with rows of channels.
  void pack_across(const float* x, float* out) const {
    for (size_t token = 0; token < stride_; token += panel) {
      const float* columns[panel] = {};
      for (size_t c = 0; c < panel && token + c < call_.tokens; ++c)
        columns[c] = x + (token + c) * call_.qkv_stride;
      GemmKernel<F32>::pack(columns, panel, head_dim, out + token * head_dim);
    }
  }

  // Panels of channels, k = token, for sums over tokens.
  void pack(const float* x, size_t stride, float* out) const {
    GemmKernel<F32>::pack_rows(x, stride, head_dim, call_.tokens, out);
  }

  template <size_t Rows>
  HWY_INLINE void across(const float* x, size_t x_stride, const float* packed, float* out) const {
    for (size_t token = 0; token < stride_; token += panel) {
      const auto tile = multiply<F32, Rows>(x, x_stride, packed + token * head_dim, head_dim);
      for (size_t r = 0; r < Rows; ++r)
        for (size_t v = 0; v < 2; ++v)
          F32::store(tile.sum[r][v], out + r * stride_ + token + v * lanes);
    }
  }

  // out[row + r] = sum over tokens of weight(r, token) packed[token]; transposed, of weight(token,
  // r).
  template <size_t Rows, bool transposed>
  HWY_INLINE void sum(const float* weights, const float* packed, size_t row, float* out) const {
    for (size_t c = 0; c < head_dim; c += panel) {
      const auto tile = multiply<F32, Rows, transposed>(weights, stride_, packed + c * call_.tokens,
                                                        call_.tokens);
      for (size_t r = 0; r < Rows; ++r)
        for (size_t v = 0; v < 2; ++v)
          F32::store(tile.sum[r][v], out + (row + r) * call_.qkv_stride + c + v * lanes);
    }
  }

  // From scores to weights, and from dP to dS.
  void softmax_gradient(float* weights, float* slopes) const {
    const Floats d;
    const Vector inverse =
        hn::Set(d, 1.0F / AttentionOf<F32>::exponentiate<F32>(weights, call_.tokens, weights));
    const size_t whole = call_.tokens / lanes * lanes;
    const auto tail = hn::FirstN(d, call_.tokens - whole);
    Vector sum = hn::Zero(d);
    for (size_t i = 0; i < whole; i += lanes) {
      const Vector weight = hn::Mul(F32::load(weights + i), inverse);
      F32::store(weight, weights + i);
      sum = hn::MulAdd(weight, F32::load(slopes + i), sum);
    }
    if (whole < call_.tokens) {
      const Vector weight = hn::Mul(F32::load(weights + whole), inverse);
      F32::store(weight, weights + whole);
      sum = hn::Add(sum, hn::IfThenElseZero(tail, hn::Mul(weight, F32::load(slopes + whole))));
    }
    const Vector mean = hn::SumOfLanes(d, sum);
    const Vector scale = hn::Set(d, AttentionOf<F32>::scale);
    for (size_t i = 0; i < call_.tokens; i += lanes) {
      const Vector slope = hn::Sub(F32::load(slopes + i), mean);
      F32::store(hn::Mul(hn::Mul(F32::load(weights + i), scale), slope), slopes + i);
    }
  }

  void rotate_back(float* x, size_t begin, size_t end) const {
    for (size_t row = begin; row < end; ++row) {
      float* out = x + row * call_.qkv_stride;
      AttentionOf<F32>::rotate<true>(out, call_.cos + row * head_dim, call_.sin + row * head_dim,
                                     out);
    }
  }

  const AttentionGradientCall& call_;
  size_t stride_;
  const float *q_, *d_out_;
  float* d_q_;
  float *weights_, *slopes_;             // [tokens, stride_]
  float *keys_across_, *values_across_;  // packed by pack_across()
  float *keys_, *queries_, *d_outs_;     // packed by pack()
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
