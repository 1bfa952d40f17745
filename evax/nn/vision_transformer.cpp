#include "evax/nn/vision_transformer.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "evax/core/error.h"
#include "evax/nn/autocast.h"
#include "evax/nn/layers/batch_norm.h"
#include "evax/nn/layers/block.h"
#include "evax/nn/layers/patch_embed.h"
#include "evax/nn/layers/rotary_embedding.h"
#include "evax/nn/recompute.h"

namespace evax::nn {

VisionTransformer::VisionTransformer(const weights::ModelConfig& config,
                                     const NetworkOptions& options)
    : Network(config, options) {
  const int64_t width = config.embed_dim;
  cls_token_ = register_parameter("cls_token", at::zeros({1, 1, width}));
  pos_embed_ = register_parameter("pos_embed", at::zeros({1, config.tokens(), width}));
  if (config.rotary()) rotary_table_ = register_buffer("rotary_table", rotary_table(config));
  patch_embed_ = register_module("patch_embed", std::make_shared<PatchEmbed>(config));
  // A parameter that gets no gradient must not ask for one: c10d's Reducer would wait for it.
  if (options.stop_grad_conv1 == StopGradient::detach)
    for (at::Tensor& parameter : patch_embed_->parameters()) parameter.set_requires_grad(false);
  const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  for (int i = 0; i < config.depth; ++i)
    blocks_.push_back(blocks->register_module(std::to_string(i), std::make_shared<Block>(config)));
  freeze_blocks();
  if (config.decoder) return;
  norm_ = register_module(std::string(weights::final_norm_name(config)),
                          std::make_shared<LayerNorm>(width));
  make_head();
}

void VisionTransformer::freeze_blocks() {
  const auto frozen = static_cast<size_t>(options().frozen);
  if (frozen == 0) return;
  cls_token_.set_requires_grad(false);
  pos_embed_.set_requires_grad(false);
  freeze(*patch_embed_);
  for (size_t i = 0; i < std::min(frozen, blocks_.size()); ++i) freeze(*blocks_[i]);
}

at::Tensor VisionTransformer::embed_patches(const at::Tensor& images) const {
  if (images.dim() != 4 || images.size(1) != 3 || images.size(2) != config().image_size ||
      images.size(3) != config().image_size)
    fail("expected images of shape [N, 3, {0}, {0}], found [{1}]", config().image_size,
         fmt::join(images.sizes(), ", "));
  const at::Tensor patches = patch_embed_->forward(images);
  if (options().stop_grad_conv1 != StopGradient::mix) return patches;
  return patches.detach() * 0.9 + patches * 0.1;
}

at::Tensor VisionTransformer::run_block(size_t index, const at::Tensor& x, const at::Tensor& keep,
                                        const at::Tensor& rows) const {
  const Block& block = *blocks_[index];
  const bool frozen = static_cast<int>(index) < options().frozen;
  if (!options().checkpoint_blocks || !at::GradMode::is_enabled() || frozen)
    return block.forward(x, rotary_table_, keep, rows);
  const auto forward = [shared = blocks_[index], table = rotary_table_, keep, rows](
                           const at::Tensor& in) { return shared->forward(in, table, keep, rows); };
  return recompute(forward, x, block.parameters());
}

at::Tensor VisionTransformer::encode(const at::Tensor& patches, const at::Tensor& keep,
                                     const at::Tensor& rows) const {
  const at::Tensor cls = cls_token_.expand({patches.size(0), -1, -1});
  at::Tensor x = at::cat({cls, patches}, 1).add_(pos_embed_);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const auto first = static_cast<int64_t>(2 * i);
    const bool last = i + 1 == blocks_.size();
    x = run_block(i, x, keep.defined() ? keep.narrow(1, first, 2) : keep,
                  last ? rows : at::Tensor());
  }
  return x;
}

at::Tensor VisionTransformer::tokens(const at::Tensor& images, const at::Tensor& keep,
                                     const at::Tensor& rows) {
  return encode(embed_patches(images), keep, rows);
}

at::Tensor VisionTransformer::normalised(const at::Tensor& rows) const {
  return in_float32(rows, [this](const at::Tensor& x) { return norm_->forward(x); });
}

at::Tensor VisionTransformer::pooled(const at::Tensor& tokens) {
  return in_float32(tokens, [this](const at::Tensor& x) {
    return norm_->forward(config().pool == "avg" ? x.narrow(1, 1, x.size(1) - 1).mean(1)
                                                 : x.select(1, 0));
  });
}

// Every image has its cls token before its patches.
at::Tensor token_rows(const at::Tensor& patches, int64_t tokens) {
  return patches + patches.div(tokens - 1, "floor") + 1;
}

at::Tensor VisionTransformer::features(const at::Tensor& images, const at::Tensor& keep) {
  return pooled(tokens(images, keep));
}

}  // namespace evax::nn
