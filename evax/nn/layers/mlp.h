#pragma once

#include <memory>

#include "evax/nn/layers/linear.h"
#include "evax/weights/config.h"

namespace evax::nn {

/// The MLP of a block. EVA-X, EVA02-CLIP: fc2(norm(silu(gate) * value)), SwiGLU (Shazeer, arXiv
/// 2002.05202): gate and value come from one matrix, gate first (Ti, S), or two, which comes with
/// the norm (Base, EVA02-CLIP; spec A.2). Plain ViT, EVA01-CLIP: fc2(gelu(fc1 x)).
class Mlp : public torch::nn::Module {
 public:
  explicit Mlp(const weights::ModelConfig& config);

  /// [..., D] to [..., D], plus `residual` if it is defined.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual = {}) const;

 private:
  bool gated_;
  std::shared_ptr<Linear> fc1_;
  std::shared_ptr<Linear> fc1_g_, fc1_x_;
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<Linear> fc2_;
};

}  // namespace evax::nn
