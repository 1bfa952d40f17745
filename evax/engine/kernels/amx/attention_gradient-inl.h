// The gradient of attention on AMX tiles (attention_gradient.h), for the tiles of tiles.h and the
// bf16 of this instruction set. Included once for each instruction set (Highway's toggled include
// guard).
//
// Scores are computed with keys as rows and queries as columns: a softmax then goes down the rows,
// with a query to a lane, and what it leaves are the rows that the gradients of keys and values
// multiply. Tokens are padded to whole blocks of 32, with zeros where they could reach a sum.

#if defined(EVAX_ENGINE_KERNELS_AMX_ATTENTION_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_AMX_ATTENTION_GRADIENT_INL_H_
#undef EVAX_ENGINE_KERNELS_AMX_ATTENTION_GRADIENT_INL_H_
#else
#define EVAX_ENGINE_KERNELS_AMX_ATTENTION_GRADIENT_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "evax/engine/kernels/amx/packing-inl.h"
#include "evax/engine/kernels/amx/tiles.h"
#include "evax/engine/kernels/attention-inl.h"
#include "evax/engine/kernels/attention_gradient.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// One head of one image, by the formulas of AttentionGradientOf. Tiles: HardwareTiles or
/// EmulatedTiles; Type: bf16 of this instruction set.
template <class Tiles, class Type>
class AmxAttentionGradient {
 public:
  static const AttentionGradientKernel& table() {
    static const AttentionGradientKernel kernel{scratch_bytes, run};
    return kernel;
  }

 private:
  using T = typename Type::T;
  using Attention = AttentionOf<F32>;

  static constexpr size_t block = 32;  // tokens, or channels: two tiles, or the k of one
  static constexpr size_t tile_size = tile_bytes / sizeof(T);
  static constexpr size_t vectors = block / lanes;

  static size_t padded(size_t tokens) { return (tokens + block - 1) / block * block; }

  static size_t scratch_bytes(size_t tokens) {
    const size_t n = padded(tokens);
    return (2 * n * block + 2 * block * head_dim) * sizeof(float) +
           (7 * n * head_dim + n * block + 2 * n * n) * sizeof(T);
  }

  static void run(const AttentionGradientCall& call, size_t head, void* scratch) {
    AmxAttentionGradient(call, head, scratch).run();
  }

  AmxAttentionGradient(const AttentionGradientCall& call, size_t head, void* scratch)
      : call_(call),
        padded_(padded(call.tokens)),
        q_(static_cast<const T*>(call.qkv) + head * head_dim),
        d_out_(static_cast<const T*>(call.d_out) + head * head_dim),
        d_q_(static_cast<T*>(call.d_qkv) + head * head_dim),
        scores_(static_cast<float*>(scratch)),
        d_weights_(scores_ + padded_ * block),
        rows_(d_weights_ + padded_ * block),
        columns_(rows_ + block * head_dim),
        keys_(reinterpret_cast<T*>(columns_ + block * head_dim)),
        values_(keys_ + padded_ * head_dim),
        keys_across_(values_ + padded_ * head_dim),
        queries_across_(keys_across_ + padded_ * head_dim),
        d_outs_across_(queries_across_ + padded_ * head_dim),
        queries_(d_outs_across_ + padded_ * head_dim),
        d_outs_(queries_ + padded_ * head_dim),
        pairs_of_slopes_(d_outs_ + padded_ * head_dim),
        weights_(pairs_of_slopes_ + padded_ * block),
        slopes_(weights_ + padded_ * padded_) {}

  void run() const {
    const typename Tiles::Use use;
    const size_t width = call_.heads * head_dim;
    pack_inputs();
    const size_t of_tokens = padded_ / block;
    for (size_t query = 0; query < padded_; query += block) {
      for (size_t key = 0; key < padded_; key += block) {
        multiply(keys_ + key * head_dim, head_dim, block, queries_across_ + query * head_dim,
                 2 * tile_size, head_dim / block, scores_ + key * block, block);
        multiply(values_ + key * head_dim, head_dim, block, d_outs_across_ + query * head_dim,
                 2 * tile_size, head_dim / block, d_weights_ + key * block, block);
      }
      softmax_gradient(weights_ + query * padded_, slopes_ + query * padded_);
      Tiles::fence();
      for (size_t c = 0; c < head_dim; c += block)
        multiply(keys_across_ + c * block, block, head_dim * block, pairs_of_slopes_, 2 * tile_size,
                 of_tokens, columns_ + c * block, block);
      for (size_t c = 0; c < head_dim; c += 16)
        for (size_t row = 0; row < block; row += 16) transpose(c, row);
      write<true>(query, d_q_);
    }
    for (size_t key = 0; key < padded_; key += block) {
      sum_over_queries(slopes_ + key * block, queries_);
      write<true>(key, d_q_ + width);
      sum_over_queries(weights_ + key * block, d_outs_);
      write<false>(key, d_q_ + 2 * width);
    }
  }

  // --- Packing ---

  void pack_inputs() const {
    const T* const k = q_ + call_.heads * head_dim;
    const T* const v = k + call_.heads * head_dim;
    copy(k, keys_);
    copy(v, values_);
    pack_across(q_, call_.qkv_stride, queries_across_);
    pack_across(d_out_, call_.out_stride, d_outs_across_);
    pack_pairs(q_, call_.qkv_stride, queries_);
    pack_pairs(d_out_, call_.out_stride, d_outs_);
    // [block][channel][32 tokens]
    for (size_t token = 0; token < padded_; token += block)
      for (size_t c = 0; c < head_dim; c += 16)
        transpose_tile<Type>(k + token * call_.qkv_stride + c, call_.qkv_stride,
                             call_.tokens - token, keys_across_ + token * head_dim + c * block);
    std::memset(pairs_of_slopes_, 0, padded_ * block * sizeof(T));
    Tiles::fence();
  }

  // [padded][64]
  void copy(const T* x, T* out) const {
    for (size_t token = 0; token < call_.tokens; ++token)
      std::memcpy(out + token * head_dim, x + token * call_.qkv_stride, head_dim * sizeof(T));
    std::memset(out + call_.tokens * head_dim, 0, (padded_ - call_.tokens) * head_dim * sizeof(T));
  }

  // [block of tokens][32 channels][tile of 16 tokens][pair of channels][token][2]
  void pack_across(const T* x, size_t stride, T* out) const {
    for (size_t token = 0; token < padded_; token += block)
      for (size_t c = 0; c < head_dim; c += block)
        for (size_t first = token; first < token + block; first += 16, out += tile_size) {
          const size_t begin = std::min(first, call_.tokens);
          Type::transpose_pairs(x + begin * stride + c, stride,
                                std::min<size_t>(16, call_.tokens - begin), out);
        }
  }

  // [block of tokens][tile of 16 channels][pair of tokens][channel][2]
  void pack_pairs(const T* x, size_t stride, T* out) const {
    for (size_t token = 0; token < padded_; token += block)
      for (size_t c = 0; c < head_dim; c += 16, out += tile_size)
        pair_tile<Type>(x + token * stride + c, stride, call_.tokens - token, out);
  }

  // --- Products ---

  // out [32, 32] = sum over `steps` of 32 rows of a times two tiles of b.
  static HWY_INLINE void multiply(const T* a, size_t a_stride, size_t a_step, const T* b,
                                  size_t b_step, size_t steps, float* out, size_t out_stride) {
    Tiles::template zero<0>();
    Tiles::template zero<1>();
    Tiles::template zero<2>();
    Tiles::template zero<3>();
    for (size_t step = 0; step < steps; ++step, a += a_step, b += b_step) {
      Tiles::template load<4>(a, a_stride * sizeof(T));
      Tiles::template load<6>(b, tile_row_bytes);
      Tiles::template multiply_bf16<0, 4, 6>();
      Tiles::template load<7>(b + tile_size, tile_row_bytes);
      Tiles::template multiply_bf16<1, 4, 7>();
      Tiles::template load<5>(a + 16 * a_stride, a_stride * sizeof(T));
      Tiles::template multiply_bf16<2, 5, 6>();
      Tiles::template multiply_bf16<3, 5, 7>();
    }
    const size_t bytes = out_stride * sizeof(float);
    Tiles::template store<0>(out, bytes);
    Tiles::template store<1>(out + 16, bytes);
    Tiles::template store<2>(out + 16 * out_stride, bytes);
    Tiles::template store<3>(out + 16 * out_stride + 16, bytes);
  }

  // rows_ = of 32 keys, the sum over queries of their weights, or slopes, times x.
  void sum_over_queries(const T* weights, const T* x) const {
    for (size_t c = 0; c < head_dim; c += block)
      multiply(weights, block, padded_ * block, x + c / 16 * tile_size, head_dim / 16 * tile_size,
               padded_ / block, rows_ + c, head_dim);
  }

  // --- Softmax ---

  // Of 32 queries: weights from scores, and slopes dS from dP, in bf16 rows of keys; slopes in
  // pairs of keys, too.
  HWY_INLINE void softmax_gradient(T* weights, T* slopes) const {
    constexpr float log2_scale = Attention::scale * 1.44269504F;
    const Floats d;
    const auto each = [](const auto& body) {
      for (size_t v = 0; v < vectors; ++v) body(v);
    };
    Vector max[vectors], shift[vectors], sum[vectors], dot[vectors];
    each([&](size_t v) { max[v] = hn::Load(d, scores_ + v * lanes); });
    for (size_t key = 1; key < call_.tokens; ++key)
      each([&](size_t v) {
        max[v] = hn::Max(max[v], hn::Load(d, scores_ + key * block + v * lanes));
      });
    const Vector scale = hn::Set(d, log2_scale);
    each([&](size_t v) {
      shift[v] = hn::Mul(max[v], scale);
      sum[v] = dot[v] = hn::Zero(d);
    });
    for (size_t key = 0; key < call_.tokens; ++key)
      each([&](size_t v) {
        float* const score = scores_ + key * block + v * lanes;
        const Vector e = Type::power_of_two(hn::MulSub(hn::Load(d, score), scale, shift[v]));
        hn::Store(e, d, score);
        sum[v] = hn::Add(sum[v], e);
        dot[v] = hn::MulAdd(e, hn::Load(d, d_weights_ + key * block + v * lanes), dot[v]);
      });
    each([&](size_t v) {
      sum[v] = hn::Div(hn::Set(d, 1.0F), sum[v]);
      dot[v] = hn::Mul(dot[v], sum[v]);
    });
    // The partner of an odd last key has the score 0 of a key of zeros, which is its weight now.
    for (size_t key = 0; key < call_.tokens; key += 2) {
      Vector slope[2][vectors];
      for (size_t i = 0; i < 2; ++i) {
        const size_t at = (key + i) * block;
        Vector weight[vectors];
        each([&](size_t v) {
          weight[v] = hn::Mul(hn::Load(d, scores_ + at + v * lanes), sum[v]);
          const Vector difference = hn::Sub(hn::Load(d, d_weights_ + at + v * lanes), dot[v]);
          slope[i][v] = hn::Mul(hn::Mul(weight[v], hn::Set(d, Attention::scale)), difference);
        });
        for (size_t v = 0; v < vectors; v += 2) {
          Type::store_two(weight[v], weight[v + 1], weights + at + v * lanes);
          Type::store_two(slope[i][v], slope[i][v + 1], slopes + at + v * lanes);
        }
      }
      T* const pairs = pairs_of_slopes_ + key / block * 2 * tile_size + key % block * 16;
      each([&](size_t v) {
        const size_t query = v * lanes;
        Type::store_step([&](size_t i) { return slope[i][v]; },
                         pairs + query / 16 * tile_size + query % 16 * 2);
      });
    }
  }

  // --- Results ---

  // 16 rows of rows_ from 16 of columns_, which are [64 channels][32 tokens].
  void transpose(size_t channel, size_t row) const {
    HWY_ALIGN float tile[16 * 16];
    Type::transpose_pairs(reinterpret_cast<const T*>(columns_ + channel * block + row),
                          block * sizeof(float) / sizeof(T), 16, reinterpret_cast<T*>(tile));
    for (size_t i = 0; i < 16; ++i)
      std::memcpy(rows_ + (row + i) * head_dim + channel, tile + i * 16, 16 * sizeof(float));
  }

  // rows_ to the tokens from `first` on.
  template <bool rotated>
  void write(size_t first, T* out) const {
    const Floats d;
    const size_t count = std::min(block, call_.tokens - first);
    for (size_t i = 0; i < count; ++i) {
      const size_t token = first + i;
      float* const row = rows_ + i * head_dim;
      if (rotated)
        Attention::template rotate<true>(row, call_.cos + token * head_dim,
                                         call_.sin + token * head_dim, row);
      for (size_t c = 0; c < head_dim; c += 2 * lanes)
        Type::store_two(hn::Load(d, row + c), hn::Load(d, row + c + lanes),
                        out + token * call_.qkv_stride + c);
    }
  }

  const AttentionGradientCall& call_;
  size_t padded_;
  const T *q_, *d_out_;
  T* d_q_;
  float *scores_, *d_weights_;          // [key][32 queries]
  float *rows_, *columns_;              // a block of a result, and of a transposed one
  T *keys_, *values_;                   // copy()
  T* keys_across_;                      // pack_inputs()
  T *queries_across_, *d_outs_across_;  // pack_across()
  T *queries_, *d_outs_;                // pack_pairs()
  T* pairs_of_slopes_;                  // [block of keys][tile of 16 queries][pair][query][2]
  T *weights_, *slopes_;                // [block of queries][key][32 queries]
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
