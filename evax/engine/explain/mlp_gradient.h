#pragma once

#include <optional>

#include "evax/engine/layers/layer_norm.h"
#include "evax/engine/layers/linear.h"
#include "evax/engine/layers/scope.h"

namespace evax::engine {

/// The MLP of a block as far as the input of fc2, and its gradient; float32. It keeps what the
/// fused products of Mlp do not.
class MlpGradient {
 public:
  /// `scope`: "blocks.i.mlp".
  MlpGradient(const Scope& scope, const weights::ModelConfig& config, const Kernels& kernels,
              Arena& arena);

  /// What one image leaves for the way back; H = mlp_hidden.
  struct Memory {
    Matrix slopes;     // [tokens, 2 H]: of the activations by gate and by value; GELU: [tokens, H]
    Matrix activated;  // [tokens, H], before the norm
    Matrix output;     // [tokens, H], after it
    Matrix gradient;   // as `slopes`
  };
  Memory make_memory(size_t tokens, Arena& arena) const;

  /// y: [tokens, width], normalised.
  void forward(const Matrix& y, const Memory& memory, Rows rows) const;
  /// The gradient at y, [tokens, width], where that at the output is the row `d_output` for all.
  void backward(const float* d_output, const Memory& memory, const Matrix& dy, Rows rows) const;

 private:
  size_t hidden_;
  bool swiglu_;
  Linear fc1_, fc1_back_;
  std::optional<LayerNorm> norm_;
};

}  // namespace evax::engine
