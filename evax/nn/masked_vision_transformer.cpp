#include "evax/nn/masked_vision_transformer.h"

#include <ATen/ATen.h>

#include <cmath>

#include "evax/nn/autocast.h"
#include "evax/nn/draw.h"
#include "evax/nn/layers/linear.h"

namespace evax::nn {
namespace {

double xavier_fans(const at::Tensor& matrix) {
  return static_cast<double>(matrix.size(0) + matrix.numel() / matrix.size(0));
}

// What Base's sub-LayerNorm (Wang et al., "Foundation Transformers", arXiv 2210.06423) asks of the
// matrices behind it: they are that much larger.
double sub_ln_gain(const std::string& name, const weights::ModelConfig& config) {
  const auto ends = [&](const char* end) { return name.ends_with(end); };
  const bool grows = ends("mlp.fc1_g.weight") || ends("mlp.fc1_x.weight") ||
                     ends("mlp.fc2.weight") || ends("attn.proj.weight") ||
                     ends("attn.v_proj.weight");
  return config.sub_ln && grows ? std::sqrt(std::log(2.0 * config.depth)) : 1;
}

Distribution pretraining_law(const std::string& name, const at::Tensor& parameter,
                             const weights::ModelConfig& config) {
  constexpr double std = 0.02;
  if (name == "cls_token" || name == "mask_token" || name == "pos_embed")
    return {.std = std, .cut = std};
  if (name == "patch_embed.proj.weight") return {.uniform = std::sqrt(6 / xavier_fans(parameter))};
  if (name == "patch_embed.proj.bias") {
    const double fan_in = 3.0 * config.patch_size * config.patch_size;
    return {.uniform = 1 / std::sqrt(fan_in)};
  }
  if (parameter.dim() == 2)
    return {.std = sub_ln_gain(name, config) * std::sqrt(2 / xavier_fans(parameter))};
  return {.mean = name.ends_with("weight") ? 1.0 : 0.0};
}

void draw_all(MaskedVisionTransformer& network, uint64_t seed, const std::string& prefix) {
  const auto law = [&](const std::string& name, const at::Tensor& parameter) {
    return pretraining_law(name, parameter, network.config());
  };
  draw_parameters(network, seed, law, prefix);
}

}  // namespace

MaskedVisionTransformer::MaskedVisionTransformer(const weights::ModelConfig& config,
                                                 int64_t target_width,
                                                 const NetworkOptions& options)
    : VisionTransformer(config, options), target_width_(target_width) {
  mask_token_ = register_parameter("mask_token", at::zeros({1, 1, config.embed_dim}));
  lm_head_ = register_module("lm_head", std::make_shared<Linear>(config.embed_dim, target_width));
}

at::Tensor MaskedVisionTransformer::masked_tokens(const at::Tensor& images,
                                                  const at::Tensor& hidden, const at::Tensor& keep,
                                                  const at::Tensor& rows) {
  const at::Tensor patches = embed_patches(images);
  const at::Tensor mask =
      at::zeros({patches.size(0) * patches.size(1)}, hidden.options().dtype(at::kBool))
          .index_fill_(0, hidden, true)
          .view({patches.size(0), patches.size(1), 1});
  return encode(at::where(mask, mask_token_.to(patches.scalar_type()), patches), keep, rows);
}

at::Tensor MaskedVisionTransformer::predict(const at::Tensor& images, const at::Tensor& hidden,
                                            const at::Tensor& keep) {
  const at::Tensor rows = token_rows(hidden, config().tokens());
  return in_float32(normalised(masked_tokens(images, hidden, keep, rows)),
                    [this](const at::Tensor& tokens) { return lm_head_->forward(tokens); });
}

std::vector<std::pair<std::string, Shape>> MaskedVisionTransformer::file_parameters() const {
  auto parameters = VisionTransformer::file_parameters();
  for (auto& parameter : weights::pretraining_parameters_of(config(), target_width_))
    parameters.push_back(std::move(parameter));
  return parameters;
}

void initialise(MaskedVisionTransformer& network, uint64_t seed) { draw_all(network, seed, ""); }

void initialise_lm_head(MaskedVisionTransformer& network, uint64_t seed) {
  draw_all(network, seed, "lm_head.");
}

}  // namespace evax::nn
