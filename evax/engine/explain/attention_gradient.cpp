#include "evax/engine/explain/attention_gradient.h"

#include <algorithm>

namespace evax::engine {
namespace {

using kernel::head_dim;

constexpr size_t tile = 24;  // rows whose weights are at hand at a time

// A pair of channels turned back by the angle that turned it on.
void turn_back(float x0, float x1, float cos, float sin, float* out) {
  out[0] = x0 * cos + x1 * sin;
  out[1] = x1 * cos - x0 * sin;
}

// dS = P (dP - sum(P dP)) / 8 for one row, in place of dP.
void softmax_gradient(const float* weights, float* gradient, size_t tokens) {
  float sum = 0;
  for (size_t i = 0; i < tokens; ++i) sum += weights[i] * gradient[i];
  for (size_t i = 0; i < tokens; ++i) gradient[i] = 0.125F * weights[i] * (gradient[i] - sum);
}

// [64, tokens]: cos t of every pair of channels, then sin t; nothing for the cls token.
std::vector<float> turns_of(const RotaryEmbedding& rope, size_t tokens) {
  std::vector<float> turns(head_dim * tokens);
  for (size_t pair = 0; pair < head_dim / 2; ++pair)
    for (size_t token = 1; token < tokens; ++token) {
      const size_t odd = token * head_dim + 2 * pair + 1;  // where the table's sign is plus
      turns[pair * tokens + token] = rope.cos()[odd];
      turns[(head_dim / 2 + pair) * tokens + token] = rope.sin()[odd];
    }
  return turns;
}

}  // namespace

AttentionGradient::AttentionGradient(const weights::ModelConfig& config, const Kernels& kernels,
                                     const RotaryEmbedding& rope)
    : kernels_(kernels),
      rope_(rope),
      tokens_(static_cast<size_t>(config.tokens())),
      heads_(static_cast<size_t>(config.num_heads)),
      transposed_(take_matrix(arena_, heads_ * head_dim, tokens_)),
      turns_(*kernels.gemm, head_dim, tokens_, arena_) {
  for (size_t head = 0; head < heads_; ++head) {
    values_.emplace_back(*kernels.gemm, tokens_, head_dim, arena_);
    keys_.emplace_back(*kernels.gemm, head_dim, tokens_, arena_);
  }
  turns_.pack(turns_of(rope, tokens_).data(), tokens_);
}

AttentionGradient::Scratch::Scratch(const AttentionGradient& gradient)
    : weights(take_matrix(arena, tile, gradient.values_.front().outputs())),
      slopes(take_matrix(arena, tile, gradient.values_.front().outputs())),
      queries(take_matrix(arena, tile, head_dim)),
      turns(take_matrix(arena, tile, head_dim)),
      attention(arena.take(gradient.kernels_.attention->scratch_bytes(gradient.tokens_))) {}

void AttentionGradient::prepare(const Matrix& qkv, size_t head) {
  const size_t width = heads_ * head_dim;
  for (size_t token = 0; token < tokens_; ++token) {
    const float* keys = floats(qkv, token) + width + head * head_dim;
    for (size_t c = 0; c < head_dim; ++c) floats(transposed_, head * head_dim + c)[token] = keys[c];
  }
  keys_[head].pack(floats(transposed_, head * head_dim), transposed_.stride);
  values_[head].pack(floats(qkv, 0) + 2 * width + head * head_dim, qkv.stride);
}

void AttentionGradient::backward(const Attention& attention, Workspace& workspace,
                                 const Matrix& d_out, Rows rows, const Scratch& scratch,
                                 const Matrix& sums) const {
  for (size_t head = 0; head < heads_; ++head)
    for (size_t row = rows.begin; row < rows.end; row += tile) {
      const Rows part{row, std::min(row + tile, rows.end)};
      attention.weights(workspace, rope_, 0, head, part, scratch.attention,
                        floats(scratch.weights, 0), scratch.weights.stride);
      backward(head, workspace.qkv, d_out, part, scratch, sums);
    }
}

void AttentionGradient::backward(size_t head, const Matrix& qkv, const Matrix& d_out, Rows rows,
                                 const Scratch& scratch, const Matrix& sums) const {
  const size_t width = heads_ * head_dim;
  float* slopes = floats(scratch.slopes, 0);
  const size_t stride = scratch.slopes.stride;
  values_[head](floats(d_out, rows.begin) + head * head_dim, d_out.stride, slopes, stride,
                rows.count());
  for (size_t i = 0; i < rows.count(); ++i)
    softmax_gradient(floats(scratch.weights, i), floats(scratch.slopes, i), tokens_);
  keys_[head](slopes, stride, floats(scratch.queries, 0), scratch.queries.stride, rows.count());
  turns_(slopes, stride, floats(scratch.turns, 0), scratch.turns.stride, rows.count());

  for (size_t i = 0; i < rows.count(); ++i) {
    const size_t row = rows.begin + i;
    const float* cos = rope_.cos() + row * head_dim;
    const float* sin = rope_.sin() + row * head_dim;
    const float* query = floats(qkv, row) + head * head_dim;
    const float* dq = floats(scratch.queries, i);
    const float* turns = floats(scratch.turns, i);
    const float* d_row = floats(d_out, row) + head * head_dim;
    float* query_sums = floats(sums, row) + head * head_dim;
    float* key_sums = query_sums + width;
    float* value_sums = key_sums + width;
    for (size_t c = 0; c < head_dim; c += 2) {
      turn_back(dq[c], dq[c + 1], cos[c + 1], sin[c + 1], query_sums + c);
      turn_back(query[c], query[c + 1], turns[c / 2], turns[head_dim / 2 + c / 2], key_sums + c);
    }
    if (row == 0) std::fill_n(query_sums, head_dim, 0.0F);  // the cls token is no patch
    const float to_patches = 1.0F - floats(scratch.weights, i)[0];
    for (size_t c = 0; c < head_dim; ++c) value_sums[c] = to_patches * d_row[c];
  }
}

}  // namespace evax::engine
