#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "evax/nn/draw.h"
#include "evax/nn/layers/batch_norm.h"
#include "evax/nn/network.h"

namespace evax::nn {
namespace {

/// EVA-X's classification constructor (spec A.5) and timm's VisionTransformer. The official normal
/// numbers are cut at -2 and 2, a hundred standard deviations away: never.
Distribution transformer_law(const std::string& name, const weights::ModelConfig& config) {
  constexpr double std = 0.02;
  constexpr double head_std = 0.001 * std;  // fine-tuning draws the head of a ViT so, too (spec G)
  constexpr double vit_cls_std = 1e-6;
  const auto ends = [&](const char* end) { return name.ends_with(end); };
  if (name.starts_with("patch_embed.")) {
    const double fan_in = 3.0 * config.patch_size * config.patch_size;
    return {.uniform = 1 / std::sqrt(fan_in)};
  }
  if (ends("norm.weight") || ends("norm1.weight") || ends("norm2.weight")) return {.mean = 1};
  if (ends("bias")) return {};
  if (name == "head.weight") return {.std = head_std};
  if (!config.is_eva_x()) return {.std = name == "cls_token" ? vit_cls_std : std};
  // The official segmentation backbone does not shrink them (spec D.8.6).
  if (config.decoder) return {.std = std};
  if (ends("attn.proj.weight") || ends("mlp.fc2.weight")) {
    const int block = std::stoi(name.substr(std::string_view("blocks.").size()));
    return {.std = std / std::sqrt(2.0 * (block + 1))};
  }
  return {.std = std};
}

/// torchvision's ResNet and DenseNet. Convolutions keep the variance through a ReLU (He et al.,
/// arXiv 1502.01852), ResNet's backward (fan_out), DenseNet's forward (fan_in); normalisations
/// begin with weight 1 and bias 0; the head is PyTorch's Linear, DenseNet's without a bias.
Distribution convolutional_law(const std::string& name, const at::Tensor& parameter,
                               const weights::ModelConfig& config) {
  const bool resnet = config.arch == "resnet50";
  if (parameter.dim() == 4) {
    const auto other_side = static_cast<double>(parameter.size(resnet ? 1 : 0));
    return {.std = std::sqrt(2 * other_side / static_cast<double>(parameter.numel()))};
  }
  if (name == "classifier.bias") return {};
  if (name.starts_with(head_name(config)))
    return {.uniform = 1 / std::sqrt(static_cast<double>(config.embed_dim))};
  return {.mean = name.ends_with("weight") ? 1.0 : 0.0};
}

/// What the official code leaves in decoders (spec D.4): mmcv's ConvModules keep the variance
/// backward through a ReLU; transposed convolutions, U-Net's blocks and conv_seg are PyTorch's.
Distribution decoder_law(const std::string& name, const at::Tensor& parameter,
                         const weights::ModelConfig& config) {
  const auto uniform = [](double fan_in) { return Distribution{.uniform = 1 / std::sqrt(fan_in)}; };
  if (name.starts_with(head_name(config))) return uniform(config.decoder->channels);
  if (name.starts_with("fpn") && !name.starts_with("fpn1.1."))
    return uniform(4.0 * config.embed_dim);  // PyTorch counts a kernel's outputs as its inputs
  if (parameter.dim() == 1) return {.mean = name.ends_with("weight") ? 1.0 : 0.0};
  const auto numbers = static_cast<double>(parameter.numel());
  if (name.starts_with("decoder."))
    return uniform(numbers / static_cast<double>(parameter.size(0)));
  return {.std = std::sqrt(2 * static_cast<double>(parameter.size(1)) / numbers)};
}

void draw_all(Network& network, uint64_t seed, const std::string& prefix) {
  const weights::ModelConfig& config = network.config();
  const auto law = [&](const std::string& name, const at::Tensor& parameter) {
    if (config.decoder && weights::is_decoder_parameter(name))
      return decoder_law(name, parameter, config);
    return config.is_transformer() ? transformer_law(name, config)
                                   : convolutional_law(name, parameter, config);
  };
  draw_parameters(network, seed, law, prefix);
}

}  // namespace

void initialise(Network& network, uint64_t seed) {
  draw_all(network, seed, "");
  reset_batch_norms(network);
}

void initialise_head(Network& network, uint64_t seed) {
  draw_all(network, seed, fmt::format("{}.", head_name(network.config())));
}

}  // namespace evax::nn
