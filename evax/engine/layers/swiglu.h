#pragma once

#include <optional>

#include "evax/engine/layers/layer_norm.h"
#include "evax/engine/layers/linear.h"

namespace evax::engine {

/// fc2([norm](silu(gate x) * (value x))), the MLP of an EVA block (spec A.2).
class SwiGLU {
 public:
  /// `scope`: "blocks.i.mlp", gate and value packed in fc1 (Ti, S) or apart with a norm (Base).
  SwiGLU(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
         Arena& arena);

  /// Reads y (normalised), adds to x; overwrites hidden.
  void operator()(Workspace& workspace, const Part& part) const;

  /// Columns of the hidden activations with the padding of their matrix product.
  size_t padded_hidden() const { return gate_value_.outputs(); }

 private:
  Linear gate_value_;
  std::optional<LayerNorm> norm_;
  Linear fc2_;
};

}  // namespace evax::engine
