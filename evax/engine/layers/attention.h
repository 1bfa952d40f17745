#pragma once

#include <optional>

#include "evax/engine/layers/layer_norm.h"
#include "evax/engine/layers/linear.h"
#include "evax/engine/layers/rotary_embedding.h"
#include "evax/engine/layers/scope.h"

namespace evax::engine {

/// The columns of the projections; `scope`: "blocks.i.attn", with q, k and v fused (Ti, S) or apart
/// (Base).
Columns qkv_columns(const Scope& scope, const weights::ModelConfig& config);
Columns proj_columns(const Scope& scope, const weights::ModelConfig& config);

/// Multi-head self-attention with rotary position embedding, in two steps (spec A.2): every row of
/// an image must have gone through project() before any goes through attend(). Rows are those of
/// the workspace, of several images one behind the other. EVA02-CLIP has a norm before the output
/// projection (spec B.4).
class Attention {
 public:
  /// `scope`: "blocks.i.attn".
  Attention(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
            Arena& arena);

  /// Reads y (normalised), leaves queries in qkv, keys and values in the packed attention of
  /// `block`.
  void project(Workspace& workspace, const RotaryEmbedding& rope, size_t block,
               const Part& part) const;
  /// Adds the attention of the rows to x; overwrites y.
  void attend(Workspace& workspace, const RotaryEmbedding& rope, size_t block,
              const Part& part) const;
  /// After project(): softmax(q kᵀ / 8) of one head for some rows of the first image, float32
  /// [rows, tokens] in rows of `stride`. `scratch` as in Part.
  void weights(Workspace& workspace, const RotaryEmbedding& rope, size_t block, size_t head,
               Rows rows, void* scratch, float* out, size_t stride) const;

 private:
  kernel::AttentionCall call(Workspace& workspace, const RotaryEmbedding& rope, size_t block,
                             size_t image) const;

  const kernel::AttentionKernel* kernel_;
  size_t tokens_, heads_;
  Linear qkv_, proj_;
  std::optional<LayerNorm> norm_;
};

}  // namespace evax::engine
