#include "evax/nn/layers/block.h"

#include <ATen/ATen.h>

namespace evax::nn {
namespace {

// x + branch * factor. `branch` is the result of a linear layer, which nobody reads again, so it is
// overwritten; under autocast it is narrower than the residual stream, which stays float32.
at::Tensor add_branch(const at::Tensor& x, at::Tensor branch, const at::Tensor& keep, int index) {
  if (keep.defined()) branch = branch.mul_(keep.select(1, index).unsqueeze(-1).unsqueeze(-1));
  return branch.scalar_type() == x.scalar_type() ? branch.add_(x) : x + branch;
}

}  // namespace

Block::Block(const weights::ModelConfig& config) {
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(config.embed_dim));
  attn_ = register_module("attn", std::make_shared<Attention>(config));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(config.embed_dim));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(config));
}

at::Tensor Block::forward(const at::Tensor& x, const at::Tensor& table,
                          const at::Tensor& keep) const {
  const at::Tensor y = add_branch(x, attn_->forward(norm1_->forward(x), table), keep, 0);
  return add_branch(y, mlp_->forward(norm2_->forward(y)), keep, 1);
}

}  // namespace evax::nn
