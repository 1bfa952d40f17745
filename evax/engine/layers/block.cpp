#include "evax/engine/layers/block.h"

namespace evax::engine {

Block::Block(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
             Arena& arena)
    : norm1_(scope / "norm1", static_cast<size_t>(config.embed_dim), kernels),
      attention_(scope / "attn", config, kernels, arena),
      norm2_(scope / "norm2", static_cast<size_t>(config.embed_dim), kernels),
      mlp_(scope / "mlp", config, kernels, arena) {}

void Block::begin(Workspace& workspace, const RotaryEmbedding& rope, size_t index,
                  const Part& part) const {
  norm1_.stream(workspace.x, workspace.y, part.rows);
  part.book(Stage::layer_norm);
  attention_.project(workspace, rope, index, part);
}

void Block::finish(Workspace& workspace, const RotaryEmbedding& rope, size_t index,
                   const Part& part) const {
  attention_.attend(workspace, rope, index, part);
  norm2_.stream(workspace.x, workspace.y, part.rows);
  part.book(Stage::layer_norm);
  mlp_(workspace, part);
}

}  // namespace evax::engine
