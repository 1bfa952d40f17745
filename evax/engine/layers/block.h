#pragma once

#include "evax/engine/layers/attention.h"
#include "evax/engine/layers/layer_norm.h"
#include "evax/engine/layers/mlp.h"

namespace evax::engine {

/// x += attention(norm1(x)); x += mlp(norm2(x)): a pre-norm transformer block (spec A.1).
/// begin() on all rows, then finish() on all rows.
class Block {
 public:
  /// `scope`: "blocks.i".
  Block(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
        Arena& arena);

  void begin(Workspace& workspace, const RotaryEmbedding& rope, size_t index,
             const Part& part) const;
  void finish(Workspace& workspace, const RotaryEmbedding& rope, size_t index,
              const Part& part) const;

  const Attention& attention() const { return attention_; }
  size_t padded_hidden() const { return mlp_.padded_hidden(); }

 private:
  LayerNorm norm1_;
  Attention attention_;
  LayerNorm norm2_;
  Mlp mlp_;
};

}  // namespace evax::engine
