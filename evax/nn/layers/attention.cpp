#include "evax/nn/layers/attention.h"

#include <ATen/ATen.h>

#include "evax/nn/layers/fused_attention.h"
#include "evax/nn/layers/fused_linear.h"
#include "evax/nn/layers/rotary_embedding.h"

namespace evax::nn {

Attention::Attention(const weights::ModelConfig& config) : heads_(config.num_heads) {
  const int64_t width = config.embed_dim;
  if (config.key_bias()) {
    qkv_ = register_module("qkv", std::make_shared<Linear>(width, 3 * width));
  } else if (config.qkv_split) {
    q_proj_ = register_module("q_proj", std::make_shared<Linear>(width, width));
    k_proj_ = register_module("k_proj", std::make_shared<Linear>(width, width, false));
    v_proj_ = register_module("v_proj", std::make_shared<Linear>(width, width));
  } else {
    q_bias_ = register_parameter("q_bias", at::zeros({width}));
    v_bias_ = register_parameter("v_bias", at::zeros({width}));
    qkv_ = register_module("qkv", std::make_shared<Linear>(width, 3 * width, false));
  }
  if (config.attn_norm()) norm_ = register_module("norm", std::make_shared<LayerNorm>(width));
  proj_ = register_module("proj", std::make_shared<Linear>(width, width));
}

// Separate matrices are joined for one product: x is read once and its gradient needs no sums.
at::Tensor Attention::project(const at::Tensor& x) const {
  if (qkv_ && qkv_->bias.defined()) return qkv_->forward(x);
  const at::Tensor& q_bias = qkv_ ? q_bias_ : q_proj_->bias;
  const at::Tensor& v_bias = qkv_ ? v_bias_ : v_proj_->bias;
  const at::Tensor weight =
      qkv_ ? qkv_->weight : at::cat({q_proj_->weight, k_proj_->weight, v_proj_->weight});
  return fused_linear(x, weight, at::cat({q_bias, at::zeros_like(q_bias), v_bias}));
}

at::Tensor Attention::attend(const at::Tensor& x, const at::Tensor& table) const {
  const at::Tensor projections = project(x).unflatten(-1, {3, heads_, -1});
  if (can_fuse_attention(projections)) return fused_attention(projections, table);
  const std::vector<at::Tensor> parts =
      table.defined() ? rotate(projections, table) : projections.unbind(2);
  const at::Tensor &q = parts[0], &k = parts[1], &v = parts[2];
  const at::Tensor y =
      at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2));
  return y.transpose(1, 2).flatten(2);
}

at::Tensor Attention::output(const at::Tensor& attended, const at::Tensor& residual) const {
  return proj_->forward(norm_ ? norm_->forward(attended) : attended, residual);
}

}  // namespace evax::nn
