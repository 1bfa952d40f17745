#pragma once

#include <cstddef>

namespace evax::engine::kernel {

/// Channels of a head; every EVA-X has 64 (spec A.1).
inline constexpr size_t head_dim = 64;

/// Self-attention of one image. Strides count elements of the activations' type.
struct AttentionCall {
  void* qkv;  // [tokens, 3 * heads * 64]: all queries, then all keys, then all values
  size_t qkv_stride;
  const float* cos;  // [tokens, 64]; 1 for the cls token, which is not rotated
  const float* sin;  // [tokens, 64]; negative at even channels, 0 for the cls token
  void* packed;      // keys and values of all heads
  void* out;         // [tokens, heads * 64]
  size_t out_stride;
  size_t tokens, heads;
};

/// softmax(q kᵀ / 8) v for every head, queries and keys rotated, softmax in float32 (spec A.2,
/// A.3). First pack() every row, then attend() every row; both may be split by rows without
/// changing a bit. Queries are rotated in place.
struct AttentionKernel {
  size_t (*packed_bytes)(size_t tokens, size_t heads);  // must be zero before the first pack()
  size_t (*scratch_bytes)(size_t tokens);               // one scratch for each concurrent call
  void (*pack)(const AttentionCall& call, size_t row_begin, size_t row_end);
  void (*attend)(const AttentionCall& call, size_t row_begin, size_t row_end, void* scratch);
  /// The softmax alone, of one head, before its weights are rounded to activations: float32
  /// [row_end - row_begin, tokens] in rows of `out_stride`.
  void (*weights)(const AttentionCall& call, size_t head, size_t row_begin, size_t row_end,
                  void* scratch, float* out, size_t out_stride);
};

const AttentionKernel& attention_f32();
const AttentionKernel& attention_bf16();
const AttentionKernel& attention_amx();

}  // namespace evax::engine::kernel
