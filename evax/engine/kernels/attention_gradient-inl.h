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
/// dS = P (dP - sum(P dP)) / 8, dq = dS k, dk = dSᵀ q, dv = Pᵀ d_out. Type: F32 or Bf16.
template <class Type>
class AttentionGradientOf {
 public:
  static const AttentionGradientKernel& table() {
    static const AttentionGradientKernel kernel{scratch_bytes, run};
    return kernel;
  }

 private:
  using T = typename Type::T;
  using Attention = AttentionOf<Type>;

  static size_t scratch_bytes(size_t tokens) {
    const size_t stride = Attention::padded(tokens);
    const size_t k = Type::packed_k(tokens);
    return 2 * max_rows * stride * sizeof(float) +
           (2 * k * stride + 2 * head_dim * stride + 3 * head_dim * k) * sizeof(T);
  }

  static void run(const AttentionGradientCall& call, size_t head, void* scratch) {
    AttentionGradientOf(call, head, scratch).run();
  }

  AttentionGradientOf(const AttentionGradientCall& call, size_t head, void* scratch)
      : call_(call),
        stride_(Attention::padded(call.tokens)),
        q_(static_cast<const T*>(call.qkv) + head * head_dim),
        d_out_(static_cast<const T*>(call.d_out) + head * head_dim),
        d_q_(static_cast<T*>(call.d_qkv) + head * head_dim),
        scores_(static_cast<float*>(scratch)),
        d_weights_(scores_ + max_rows * stride_),
        weights_(reinterpret_cast<T*>(d_weights_ + max_rows * stride_)),
        slopes_(weights_ + packed_tokens() * stride_),
        keys_across_(slopes_ + packed_tokens() * stride_),
        values_across_(keys_across_ + head_dim * stride_),
        keys_(values_across_ + head_dim * stride_),
        queries_(keys_ + head_dim * packed_tokens()),
        d_outs_(queries_ + head_dim * packed_tokens()) {}

  size_t packed_tokens() const { return Type::packed_k(call_.tokens); }

  void run() const {
    const size_t width = call_.heads * head_dim;
    pack_across(q_ + width, keys_across_);
    pack_across(q_ + 2 * width, values_across_);
    pack(q_, call_.qkv_stride, queries_);
    pack(q_ + width, call_.qkv_stride, keys_);
    pack(d_out_, call_.out_stride, d_outs_);
    for_each_tile(0, call_.tokens, [&](size_t row, auto height) {
      constexpr size_t rows = decltype(height)::value;
      across<rows>(q_ + row * call_.qkv_stride, call_.qkv_stride, keys_across_, scores_);
      across<rows>(d_out_ + row * call_.out_stride, call_.out_stride, values_across_, d_weights_);
      // Slopes take the place of the gradients of weights, row by row.
      auto* slopes = reinterpret_cast<T*>(d_weights_);
      const size_t slopes_stride = stride_ * sizeof(float) / sizeof(T);
      for (size_t r = 0; r < rows; ++r)
        softmax_gradient(row + r, scores_ + r * stride_, d_weights_ + r * stride_,
                         slopes + r * slopes_stride);
      sum<rows, false>(slopes, slopes_stride, keys_, row, d_q_);
      rotate_back(d_q_, row, row + rows);
    });
    for_each_tile(0, call_.tokens, [&](size_t token, auto height) {
      constexpr size_t rows = decltype(height)::value;
      sum<rows, true>(slopes_ + token * Type::step, stride_, queries_, token, d_q_ + width);
      rotate_back(d_q_ + width, token, token + rows);
      sum<rows, true>(weights_ + token * Type::step, stride_, d_outs_, token, d_q_ + 2 * width);
    });
  }

  // Panels of tokens, k = channel, for products with rows of channels.
  void pack_across(const T* x, T* out) const {
    for (size_t token = 0; token < stride_; token += panel) {
      const T* columns[panel] = {};
      for (size_t c = 0; c < panel && token + c < call_.tokens; ++c)
        columns[c] = x + (token + c) * call_.qkv_stride;
      GemmKernel<Type>::template pack<Type>(columns, panel, head_dim, out + token * head_dim);
    }
  }

  // Panels of channels, k = token, for sums over tokens.
  void pack(const T* x, size_t stride, T* out) const {
    GemmKernel<Type>::template pack_rows<Type>(x, stride, head_dim, call_.tokens, out);
  }

  template <size_t Rows>
  HWY_INLINE void across(const T* x, size_t x_stride, const T* packed, float* out) const {
    for (size_t token = 0; token < stride_; token += panel) {
      const auto tile = multiply<Type, Rows>(x, x_stride, packed + token * head_dim, head_dim);
      for (size_t r = 0; r < Rows; ++r)
        for (size_t v = 0; v < 2; ++v)
          F32::store(tile.sum[r][v], out + r * stride_ + token + v * lanes);
    }
  }

  // out[row + r] = sum over tokens of weight(r, token) packed[token]; transposed, of weight(token,
  // r).
  template <size_t Rows, bool transposed>
  HWY_INLINE void sum(const T* weights, size_t stride, const T* packed, size_t row, T* out) const {
    for (size_t c = 0; c < head_dim; c += panel) {
      const auto tile = multiply<Type, Rows, transposed>(
          weights, stride, packed + c * packed_tokens(), call_.tokens);
      for (size_t r = 0; r < Rows; ++r)
        for (size_t v = 0; v < 2; ++v)
          Type::store(tile.sum[r][v], out + (row + r) * call_.qkv_stride + c + v * lanes);
    }
  }

  // A row's weights from its scores, and slopes dS from dP, both also into the arrays that are read
  // by columns. `slopes` may be `d_weights`.
  void softmax_gradient(size_t row, float* scores, const float* d_weights, T* slopes) const {
    const Floats d;
    const size_t part = row % Type::step;
    T* weights_across = weights_ + (row - part) * stride_;
    T* slopes_across = slopes_ + (row - part) * stride_;
    const Vector inverse =
        hn::Set(d, 1.0F / Attention::template exponentiate<F32>(scores, call_.tokens, scores));
    const size_t whole = call_.tokens / lanes * lanes;
    const auto tail = hn::FirstN(d, call_.tokens - whole);
    const auto weight_at = [&](size_t i) {
      const Vector weight = hn::Mul(F32::load(scores + i), inverse);
      F32::store(weight, scores + i);
      Type::store_part(weight, part, weights_across + i * Type::step);
      return weight;
    };
    Vector sum = hn::Zero(d);
    for (size_t i = 0; i < whole; i += lanes)
      sum = hn::MulAdd(weight_at(i), F32::load(d_weights + i), sum);
    if (whole < call_.tokens)
      sum = hn::Add(
          sum, hn::IfThenElseZero(tail, hn::Mul(weight_at(whole), F32::load(d_weights + whole))));
    const Vector mean = hn::SumOfLanes(d, sum);
    const Vector scale = hn::Set(d, Attention::scale);
    for (size_t i = 0; i < call_.tokens; i += lanes) {
      const Vector difference = hn::Sub(F32::load(d_weights + i), mean);
      const Vector slope = hn::Mul(hn::Mul(F32::load(scores + i), scale), difference);
      Type::store(slope, slopes + i);
      Type::store_part(slope, part, slopes_across + i * Type::step);
    }
  }

  void rotate_back(T* x, size_t begin, size_t end) const {
    for (size_t row = begin; row < end; ++row) {
      T* out = x + row * call_.qkv_stride;
      Attention::template rotate<true>(out, call_.cos + row * head_dim, call_.sin + row * head_dim,
                                       out);
    }
  }

  const AttentionGradientCall& call_;
  size_t stride_;
  const T *q_, *d_out_;
  T* d_q_;
  float *scores_, *d_weights_;       // of a tile's rows
  T *weights_, *slopes_;             // [tokens / step][stride_][step]
  T *keys_across_, *values_across_;  // packed by pack_across()
  T *keys_, *queries_, *d_outs_;     // packed by pack()
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
