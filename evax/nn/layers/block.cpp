#include "evax/nn/layers/block.h"

#include <ATen/ATen.h>

#include "evax/nn/layers/fused_linear.h"

namespace evax::nn {
namespace {

// x + branch * factor; branch(x) adds itself to x, branch({}) stands alone. It is the result of a
// linear layer, which nobody reads again, so it is overwritten.
template <class Branch>
at::Tensor add_branch(const at::Tensor& x, const at::Tensor& keep, int index,
                      const Branch& branch) {
  if (!keep.defined()) return branch(x);
  at::Tensor y = branch({});
  const at::Tensor factor = keep.select(1, index).unsqueeze(-1);
  y = y.mul_(y.dim() == 3 ? factor.unsqueeze(-1) : factor);
  return add_residual(y, x);
}

}  // namespace

Block::Block(const weights::ModelConfig& config) {
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(config.embed_dim));
  attn_ = register_module("attn", std::make_shared<Attention>(config));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(config.embed_dim));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(config));
}

at::Tensor Block::forward(const at::Tensor& x, const at::Tensor& table, const at::Tensor& keep,
                          const at::Tensor& rows) const {
  const at::Tensor attended = attn_->attend(norm1_->forward(x), table);
  if (!rows.defined()) return finish(x, attended, keep);
  const auto wanted = [&](const at::Tensor& all) {
    return all.flatten(0, 1).index_select(0, rows);
  };
  const at::Tensor factors =
      keep.defined() ? keep.index_select(0, rows.div(x.size(1), "floor")) : keep;
  return finish(wanted(x), wanted(attended), factors);
}

// keep: [N, 2] of whole images, or [M, 2] of rows.
at::Tensor Block::finish(const at::Tensor& x, const at::Tensor& attended,
                         const at::Tensor& keep) const {
  const at::Tensor y = add_branch(
      x, keep, 0, [&](const at::Tensor& residual) { return attn_->output(attended, residual); });
  return add_branch(y, keep, 1, [&](const at::Tensor& residual) {
    return mlp_->forward(norm2_->forward(y), residual);
  });
}

}  // namespace evax::nn
