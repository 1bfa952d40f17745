#pragma once

#include <optional>

#include "evax/engine/layers/layer_norm.h"
#include "evax/engine/layers/linear.h"

namespace evax::engine {

/// The columns of its products: fc1, or all gates and then all values; fc2. `scope`:
/// "blocks.i.mlp", gate and value packed in fc1 (Ti, S) or apart (Base).
Columns fc1_columns(const Scope& scope, const weights::ModelConfig& config);
Columns fc2_columns(const Scope& scope, const weights::ModelConfig& config);

/// The MLP of a block: fc2([norm](silu(gate x) * (value x))) for EVA-X (SwiGLU, spec A.2),
/// fc2(gelu(fc1 x)) for a plain ViT.
class Mlp {
 public:
  /// `scope`: "blocks.i.mlp".
  Mlp(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels, Arena& arena);

  /// Reads y (normalised), adds to x; overwrites hidden.
  void operator()(Workspace& workspace, const Part& part) const;

  /// Columns of the hidden activations with the padding of their matrix product.
  size_t padded_hidden() const { return fc1_.outputs(); }

 private:
  Linear fc1_;  // with the activation
  std::optional<LayerNorm> norm_;
  Linear fc2_;
};

}  // namespace evax::engine
