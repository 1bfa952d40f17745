#pragma once

#include <memory>

#include "evax/nn/layers/linear.h"
#include "evax/weights/config.h"

namespace evax::nn {

/// Multi-head self-attention, EVA-X's and EVA02-CLIP's with rotary position embedding (spec A.2).
/// q, k and v are projected by one matrix (Ti, S, EVA01-CLIP, plain ViT) or three (Base,
/// EVA02-CLIP); only the plain ViT's keys have a bias, and only EVA02-CLIP has a norm before the
/// output (B.4).
class Attention : public torch::nn::Module {
 public:
  explicit Attention(const weights::ModelConfig& config);

  /// What every token gathers from all: softmax(q k^T) v of the heads side by side, [N, tokens, D].
  /// x [N, tokens, D]; table: rotary_table, or undefined for no rotation.
  at::Tensor attend(const at::Tensor& x, const at::Tensor& table) const;
  /// The output of any rows of attend(), [..., D], and `residual` if it is defined.
  at::Tensor output(const at::Tensor& attended, const at::Tensor& residual) const;

 private:
  at::Tensor project(const at::Tensor& x) const;

  int64_t heads_;
  at::Tensor q_bias_, v_bias_;
  std::shared_ptr<Linear> qkv_;
  std::shared_ptr<Linear> q_proj_, k_proj_, v_proj_;
  std::shared_ptr<LayerNorm> norm_;  // null but for EVA02-CLIP
  std::shared_ptr<Linear> proj_;
};

}  // namespace evax::nn
