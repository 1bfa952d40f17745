#include "evax/nn/layers/patch_embed.h"

#include <ATen/ATen.h>

#include "evax/nn/layers/fused_linear.h"

namespace evax::nn {

PatchEmbed::PatchEmbed(const weights::ModelConfig& config)
    : grid_(config.grid()), patch_(config.patch_size) {
  const auto proj = register_module("proj", std::make_shared<torch::nn::Module>());
  weight_ = proj->register_parameter("weight", at::zeros({config.embed_dim, 3, patch_, patch_}));
  bias_ = proj->register_parameter("bias", at::zeros({config.embed_dim}));
}

at::Tensor PatchEmbed::forward(const at::Tensor& images) const {
  const at::Tensor patches = images.reshape({-1, 3, grid_, patch_, grid_, patch_})
                                 .permute({0, 2, 4, 1, 3, 5})
                                 .reshape({-1, grid_ * grid_, 3 * patch_ * patch_});
  return fused_linear(patches, weight_.flatten(1), bias_);
}

}  // namespace evax::nn
