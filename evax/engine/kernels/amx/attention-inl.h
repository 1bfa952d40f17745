// Attention on AMX tiles (attention.h), for the tiles of tiles.h and the bf16 of this instruction
// set. Included once for each instruction set (Highway's toggled include guard).
//
// A block is 16 queries of one head. While the softmax of a block is computed row by row, the tiles
// multiply the weights of the block before with the values and the queries of the block after with
// the keys.

#if defined(EVAX_ENGINE_KERNELS_AMX_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_AMX_ATTENTION_INL_H_
#undef EVAX_ENGINE_KERNELS_AMX_ATTENTION_INL_H_
#else
#define EVAX_ENGINE_KERNELS_AMX_ATTENTION_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "evax/engine/kernels/amx/tiles.h"
#include "evax/engine/kernels/attention-inl.h"
#include "evax/engine/kernels/attention.h"
#include "evax/engine/kernels/f32-inl.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// Tiles: HardwareTiles or EmulatedTiles; Type: bf16 of this instruction set.
template <class Tiles, class Type>
struct AmxAttention {
  using T = typename Type::T;
  using Vectors = AttentionOf<Type>;  // what is done without tiles

  static constexpr size_t tile_size = tile_bytes / sizeof(T);
  static constexpr size_t channel_steps = head_dim / 32;  // of the scores' sums
  static constexpr size_t value_tiles = head_dim / 16;
  static constexpr float log2_scale = 0.125F * 1.44269504F;  // log2(e) / sqrt(head_dim)

  static size_t key_tiles(size_t tokens) { return (tokens + 15) / 16; }
  static size_t value_steps(size_t tokens) { return (tokens + 31) / 32; }

  // Per head: keys as [tile of 16 tokens][step of 32 channels][pair of channels][token][2], then
  // values as [step of 32 tokens][tile of 16 channels][pair of tokens][channel][2].
  static size_t head_size(size_t tokens) {
    return (key_tiles(tokens) * channel_steps + value_steps(tokens) * value_tiles) * tile_size;
  }
  static T* keys_of(const AttentionCall& call, size_t head) {
    return static_cast<T*>(call.packed) + head * head_size(call.tokens);
  }
  static T* values_of(const AttentionCall& call, size_t head) {
    return keys_of(call, head) + key_tiles(call.tokens) * channel_steps * tile_size;
  }
  static size_t packed_bytes(size_t tokens, size_t heads) {
    return heads * head_size(tokens) * sizeof(T);
  }

  // Rows of scores, an odd number of cache lines apart, so that 16 of them do not fall into the
  // same few sets of the first-level cache.
  static size_t score_stride(size_t tokens) { return value_steps(tokens) * 32 + 16; }
  struct Scratch {
    float* scores[2];  // of two blocks; a row's weights take their place
    float* sums;       // [16, 64]
    T* queries;        // [16, 64]: those of a block that ends before the 16th
    float* inverse[2];
  };
  static size_t scratch_bytes(size_t tokens) {
    return (2 * 16 * score_stride(tokens) + 16 * head_dim + 2 * 16) * sizeof(float) +
           16 * head_dim * sizeof(T);
  }
  static Scratch scratch_of(void* memory, size_t tokens) {
    auto* floats = static_cast<float*>(memory);
    const size_t size = 16 * score_stride(tokens);
    float* const sums = floats + 2 * size;
    float* const inverse = sums + 16 * head_dim;
    return {{floats, floats + size},
            sums,
            reinterpret_cast<T*>(inverse + 2 * 16),
            {inverse, inverse + 16}};
  }

  // --- Packing ---

  static void pack_keys(const AttentionCall& call, size_t head, size_t row_begin, size_t row_end) {
    const T* k = static_cast<const T*>(call.qkv) + (call.heads + head) * head_dim;
    T* keys = keys_of(call, head);
    for (size_t row = row_begin; row < row_end;) {
      const size_t first = row / 16 * 16;
      const size_t end = std::min(first + 16, row_end);
      T* tile = keys + first / 16 * channel_steps * tile_size;
      if (row == first && (end == first + 16 || end == call.tokens)) {
        for (size_t step = 0; step < channel_steps; ++step)
          Type::transpose_pairs(k + first * call.qkv_stride + step * 32, call.qkv_stride,
                                end - first, tile + step * tile_size);
      } else {  // another call packs the rest of the tile
        for (; row < end; ++row)
          for (size_t c = 0; c < head_dim; c += 2)
            std::memcpy(tile + c / 32 * tile_size + c % 32 / 2 * 32 + row % 16 * 2,
                        k + row * call.qkv_stride + c, 2 * sizeof(T));
      }
      row = end;
    }
  }

  static void pack_values(const AttentionCall& call, size_t head, size_t row_begin,
                          size_t row_end) {
    const T* v = static_cast<const T*>(call.qkv) + (2 * call.heads + head) * head_dim;
    T* values = values_of(call, head);
    const auto at = [&](size_t row, size_t channel) {
      return values + (row / 32 * value_tiles + channel / 16) * tile_size + row % 32 / 2 * 32 +
             channel % 16 * 2;
    };
    for (size_t row = row_begin; row < row_end;) {
      const T* first = v + row * call.qkv_stride;
      if (row % 2 == 0 && row + 1 < row_end) {
        for (size_t c = 0; c < head_dim; c += 16)
          Type::pair_rows(first + c, first + call.qkv_stride + c, at(row, c));
        row += 2;
      } else {  // its partner is another call's, or missing and zero
        for (size_t c = 0; c < head_dim; ++c) at(row, c)[row % 2] = first[c];
        ++row;
      }
    }
  }

  static void pack(const AttentionCall& call, size_t row_begin, size_t row_end) {
    for (size_t row = row_begin; row < row_end; ++row) {
      T* q = static_cast<T*>(call.qkv) + row * call.qkv_stride;
      const float* cos = call.cos + row * head_dim;
      const float* sin = call.sin + row * head_dim;
      for (size_t head = 0; head < 2 * call.heads; ++head, q += head_dim)  // queries, then keys
        Vectors::rotate(q, cos, sin, q);
    }
    for (size_t head = 0; head < call.heads; ++head) {
      pack_keys(call, head, row_begin, row_end);
      pack_values(call, head, row_begin, row_end);
    }
  }

  // --- Products ---

  struct Block {
    const T* q;
    size_t q_stride;  // elements
    const T *keys, *values;
    T* out;
    size_t rows;
  };

  static Block block_of(const AttentionCall& call, size_t head, size_t row, size_t row_end) {
    return {static_cast<const T*>(call.qkv) + row * call.qkv_stride + head * head_dim,
            call.qkv_stride,
            keys_of(call, head),
            values_of(call, head),
            static_cast<T*>(call.out) + row * call.out_stride + head * head_dim,
            std::min<size_t>(16, row_end - row)};
  }

  // The block's queries into tiles 4 and 5.
  static void load_queries(Block block, const Scratch& scratch) {
    if (block.rows < 16) {
      for (size_t row = 0; row < block.rows; ++row)
        std::memcpy(scratch.queries + row * head_dim, block.q + row * block.q_stride,
                    head_dim * sizeof(T));
      block.q = scratch.queries;
      block.q_stride = head_dim;
      Tiles::fence();
    }
    Tiles::template load<4>(block.q, block.q_stride * sizeof(T));
    Tiles::template load<5>(block.q + 32, block.q_stride * sizeof(T));
  }

  // Scores of up to four tiles of tokens from number `tile` on; those of the four before, still in
  // the accumulators, are stored on the way.
  static HWY_INLINE void score_four(const T* keys, size_t tile, size_t tiles, float* scores,
                                    size_t stride) {
    const T* b = keys + tile * channel_steps * tile_size;
    const size_t count = std::min<size_t>(4, tiles - tile);
    const bool stores = tile != 0;
    float* const before = stores ? scores + (tile - 4) * 16 : nullptr;
    const size_t bytes = stride * sizeof(float);
    const auto first = [&]<int t>() {
      if (stores) Tiles::template store<t>(before + t * 16, bytes);
      if (count <= t) return;
      Tiles::template zero<t>();
      Tiles::template stream<6 + t % 2>(b + t * 2 * tile_size, tile_row_bytes);
      Tiles::template multiply_bf16<t, 4, 6 + t % 2>();
    };
    const auto second = [&]<int t>() {
      if (count <= t) return;
      Tiles::template stream<6 + t % 2>(b + (t * 2 + 1) * tile_size, tile_row_bytes);
      Tiles::template multiply_bf16<t, 5, 6 + t % 2>();
    };
    first.template operator()<0>();
    first.template operator()<1>();
    first.template operator()<2>();
    first.template operator()<3>();
    second.template operator()<0>();
    second.template operator()<1>();
    second.template operator()<2>();
    second.template operator()<3>();
    if (tile + 4 < tiles) return;
    float* const here = scores + tile * 16;
    Tiles::template store<0>(here, bytes);
    if (count > 1) Tiles::template store<1>(here + 16, bytes);
    if (count > 2) Tiles::template store<2>(here + 32, bytes);
    if (count > 3) Tiles::template store<3>(here + 48, bytes);
  }

  // The weights of 32 tokens times their values; after the last, the sums in `sums`.
  static HWY_INLINE void value_step(const float* weights, size_t stride, const T* values,
                                    size_t step, size_t steps, float* sums) {
    if (step == 0) {
      Tiles::template zero<0>();
      Tiles::template zero<1>();
      Tiles::template zero<2>();
      Tiles::template zero<3>();
    }
    const T* b = values + step * value_tiles * tile_size;
    Tiles::template load<4>(reinterpret_cast<const T*>(weights) + step * 32,
                            stride * sizeof(float));
    Tiles::template stream<6>(b, tile_row_bytes);
    Tiles::template multiply_bf16<0, 4, 6>();
    Tiles::template stream<7>(b + tile_size, tile_row_bytes);
    Tiles::template multiply_bf16<1, 4, 7>();
    Tiles::template stream<6>(b + 2 * tile_size, tile_row_bytes);
    Tiles::template multiply_bf16<2, 4, 6>();
    Tiles::template stream<7>(b + 3 * tile_size, tile_row_bytes);
    Tiles::template multiply_bf16<3, 4, 7>();
    if (step + 1 < steps) return;
    constexpr size_t bytes = head_dim * sizeof(float);
    Tiles::template store<0>(sums, bytes);
    Tiles::template store<1>(sums + 16, bytes);
    Tiles::template store<2>(sums + 32, bytes);
    Tiles::template store<3>(sums + 48, bytes);
  }

  // --- Softmax ---

  // Scores of a row become weights e^((score - max) / 8) in bf16, zeros up to a whole step of
  // tokens; returns 1 / their sum.
  static HWY_INLINE float exponentiate(float* scores, size_t tokens) {
    const Floats d;
    auto* weights = reinterpret_cast<T*>(scores);
    const size_t whole = tokens / lanes * lanes;
    const auto rest = hn::FirstN(d, tokens - whole);
    const Vector lowest = hn::Set(d, -3.4e38F);
    Vector max = lowest;
    for (size_t i = 0; i < whole; i += lanes) max = hn::Max(max, hn::Load(d, scores + i));
    if (whole < tokens)
      max = hn::Max(max, hn::IfThenElse(rest, hn::Load(d, scores + whole), lowest));
    const Vector scale = hn::Set(d, log2_scale);
    const Vector shift = hn::Mul(hn::MaxOfLanes(d, max), scale);
    const auto weight = [&](size_t i) {
      return Type::power_of_two(hn::MulSub(hn::Load(d, scores + i), scale, shift));
    };
    Vector even = hn::Zero(d), odd = hn::Zero(d);
    size_t i = 0;
    for (; i + 2 * lanes <= whole; i += 2 * lanes) {
      const Vector e0 = weight(i);
      const Vector e1 = weight(i + lanes);
      even = hn::Add(even, e0);
      odd = hn::Add(odd, e1);
      Type::store_two(e0, e1, weights + i);
    }
    // At most one whole vector and a part, which fit into what is left of the last step.
    const size_t end = (tokens + 31) / 32 * 32;
    for (; i < end; i += lanes) {
      Vector e = i < tokens ? weight(i) : hn::Zero(d);
      if (i == whole) e = hn::IfThenElseZero(rest, e);
      even = hn::Add(even, e);
      Type::store(e, weights + i);
    }
    return 1.0F / hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
  }

  static HWY_INLINE void write(const Block& block, size_t out_stride, const Scratch& scratch,
                               const float* inverse) {
    const Floats d;
    for (size_t row = 0; row < block.rows; ++row) {
      const Vector scale = hn::Set(d, inverse[row]);
      const float* sums = scratch.sums + row * head_dim;
      T* out = block.out + row * out_stride;
      for (size_t c = 0; c < head_dim; c += 2 * lanes)
        Type::store_two(hn::Mul(hn::Load(d, sums + c), scale),
                        hn::Mul(hn::Load(d, sums + c + lanes), scale), out + c);
    }
  }

  static void attend(const AttentionCall& call, size_t row_begin, size_t row_end, void* memory) {
    if (row_begin == row_end) return;
    const typename Tiles::Use use;
    Tiles::fence();
    const Scratch scratch = scratch_of(memory, call.tokens);
    const size_t stride = score_stride(call.tokens);
    const size_t tiles = key_tiles(call.tokens);
    const size_t groups = (tiles + 3) / 4;
    const size_t steps = value_steps(call.tokens);
    const size_t of_head = (row_end - row_begin + 15) / 16;
    const size_t blocks = of_head * call.heads;
    const auto block_at = [&](size_t index) {
      return block_of(call, index / of_head, row_begin + index % of_head * 16, row_end);
    };

    Block before{}, block{}, after = block_at(0);
    load_queries(after, scratch);
    for (size_t group = 0; group < groups; ++group)
      score_four(after.keys, group * 4, tiles, scratch.scores[0], stride);
    for (size_t index = 0; index <= blocks; ++index) {
      before = block;
      block = after;
      if (index == blocks) block.rows = 0;
      const bool has_before = index > 0;
      const bool has_after = index + 1 < blocks;
      float* const scores = scratch.scores[index % 2];
      float* const others = scratch.scores[1 - index % 2];
      float* const inverse = scratch.inverse[index % 2];
      size_t row = 0, slot = 0;
      const auto soften = [&] {
        const size_t end = ++slot * block.rows / (steps + groups);
        for (; row < end; ++row) inverse[row] = exponentiate(scores + row * stride, call.tokens);
      };
      for (size_t step = 0; step < steps; ++step) {
        if (has_before) value_step(others, stride, before.values, step, steps, scratch.sums);
        soften();
      }
      if (has_after) {
        after = block_at(index + 1);
        load_queries(after, scratch);
      }
      for (size_t group = 0; group < groups; ++group) {
        if (has_after) score_four(after.keys, group * 4, tiles, others, stride);
        if (group == 0 && has_before)
          write(before, call.out_stride, scratch, scratch.inverse[1 - index % 2]);
        soften();
      }
      Tiles::fence();
    }
  }

  static void weights(const AttentionCall& call, size_t head, size_t row_begin, size_t row_end,
                      void* memory, float* out, size_t out_stride) {
    const typename Tiles::Use use;
    const Scratch scratch = scratch_of(memory, call.tokens);
    const size_t stride = score_stride(call.tokens);
    const size_t tiles = key_tiles(call.tokens);
    for (size_t first = row_begin; first < row_end; first += 16) {
      const Block block = block_of(call, head, first, row_end);
      Tiles::fence();
      load_queries(block, scratch);
      for (size_t tile = 0; tile < tiles; tile += 4)
        score_four(block.keys, tile, tiles, scratch.scores[0], stride);
      for (size_t row = 0; row < block.rows; ++row)
        Vectors::softmax(scratch.scores[0] + row * stride, call.tokens,
                         out + (first - row_begin + row) * out_stride);
    }
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
