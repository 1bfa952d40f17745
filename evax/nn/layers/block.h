#pragma once

#include <memory>

#include "evax/nn/layers/attention.h"
#include "evax/nn/layers/mlp.h"

namespace evax::nn {

/// x += attention(norm1(x)); x += mlp(norm2(x)): a pre-norm transformer block (spec A.1).
class Block : public torch::nn::Module {
 public:
  explicit Block(const weights::ModelConfig& config);

  /// x [N, tokens, D]; table: rotary_table, or undefined; keep: undefined, or the factors of the
  /// two branches of every image, [N, 2]. rows: undefined, or those requested of the N * tokens,
  /// int64 [M]; the result is [M, D] then, and what is row by row is done for them alone.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& table, const at::Tensor& keep,
                     const at::Tensor& rows = {}) const;

 private:
  at::Tensor finish(const at::Tensor& x, const at::Tensor& attended, const at::Tensor& keep) const;

  std::shared_ptr<LayerNorm> norm1_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<LayerNorm> norm2_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace evax::nn
