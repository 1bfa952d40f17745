#include "evax/train/loop/memory.h"

#include <algorithm>

#include "evax/weights/cost_decoder.h"

namespace evax::train {
namespace {

constexpr double f32 = 4;
constexpr double loaded_batches = 3;  // one in use, two read ahead (data::LoaderOptions::ahead)

/// What a convolutional network keeps for the backward pass and that pass's own, in float32 for a
/// pixel of the image: the growth of the resident set from batch 4 to 12 at 224 pixels, measured.
double bytes_per_pixel(const weights::ModelConfig& config) {
  return config.arch == "resnet50" ? 2760 : 3400;
}

/// What the backward pass of a block reads again, per image:
///   inputs of the two norms (the residual stream, float32 always) and their means and deviations;
///   inputs of qkv and fc1; q, k and v; the attention's output and its log-sum per head;
///   both halves of the SwiGLU and their product; the norm between them and fc2 where there is one.
double block_bytes(const weights::ModelConfig& config, double number) {
  const double tokens = config.tokens();
  const double width = config.embed_dim;
  const double hidden = config.mlp_hidden;
  const double norms = 2 * (width + 2);
  const double attention = (1 + 3 + 1) * width;
  const double mlp = width + 3 * hidden;
  const double sub_norm = config.sub_ln ? hidden : 0;
  return tokens *
         (norms * f32 + (attention + mlp) * number + sub_norm * f32 + config.num_heads * f32);
}

/// The widest moment of a block's backward pass: gradients of the SwiGLU's halves and product.
double backward_bytes(const weights::ModelConfig& config, double number) {
  return config.tokens() * (3.0 * config.mlp_hidden + config.embed_dim) * number;
}

/// Base's separate matrices are joined for one product, and the joined ones kept. In half precision
/// they are the copies that are made of every matrix.
double joined_bytes(const weights::ModelConfig& config, bool half) {
  if (half) return 0;
  const double width = config.embed_dim;
  const double attention = config.qkv_split ? 3 * width * width : 0;
  const double mlp = config.sub_ln ? 2 * width * config.mlp_hidden : 0;
  return config.depth * (attention + mlp) * f32;
}

/// Numbers that the convolution with this kernel leaves behind for an image: its input, what its
/// BatchNorm takes, and the ReLU's output. In a U-Net's second convolutions and its head the input
/// is the ReLU's output before, counted there.
double numbers_kept(const std::string& name, const Shape& kernel, double positions) {
  const auto out = static_cast<double>(kernel[0]), in = static_cast<double>(kernel[1]);
  if (name.starts_with("fpn2.")) return 0;  // its input is that of fpn1.0
  if (name == "fpn1.0.weight") return (in + 2 * 4 * out) * positions;  // doubles height and width
  if (name == "fpn1.3.weight" || name == "decode_head.conv_seg.weight") return in * positions;
  const bool follows_relu =
      name.find("conv2.") != std::string::npos || name.starts_with("decode_head.convs.");
  return ((follows_relu ? 0 : in) + 2 * out) * positions;
}

/// Gradients of the decoder's widest layer: when it learns, all else is still there.
double decoder_backward_bytes(const weights::ModelConfig& config, double number) {
  double widest = 0;
  for (const auto& [name, shape] : weights::decoder_parameters(config))
    if (shape.size() == 4)
      widest = std::max(widest, static_cast<double>(shape[0] + shape[1]) *
                                    weights::decoder_positions(config, name));
  return widest * number;
}

/// Without the frozen blocks, which keep nothing for the backward pass.
weights::ModelConfig learning_part(weights::ModelConfig config, int frozen) {
  if (config.is_transformer()) config.depth = std::max(0, config.depth - frozen);
  return config;
}

}  // namespace

double decoder_activation_bytes(const weights::ModelConfig& config, bool half) {
  double bytes = 0;
  for (const auto& [name, shape] : weights::decoder_parameters(config))
    if (shape.size() == 4)
      bytes += numbers_kept(name, shape, weights::decoder_positions(config, name)) *
               (half && name != "decode_head.conv_seg.weight" ? 2 : f32);  // the head is exact
  return bytes;
}

double activation_bytes(const weights::ModelConfig& config, bool checkpoint_blocks, bool half) {
  if (!config.is_transformer())
    return bytes_per_pixel(config) * config.image_size * config.image_size * (half ? 0.5 : 1);
  const double block = block_bytes(config, half ? 2 : f32);
  if (!checkpoint_blocks) return config.depth * block;
  return config.depth * static_cast<double>(config.tokens()) * config.embed_dim * f32;
}

MemoryEstimate estimate_memory(const Recipe& recipe, int classes, bool half) {
  const weights::ModelConfig whole = model_config(recipe, classes);
  const weights::ModelConfig config = learning_part(whole, recipe.model.frozen);
  const OptimRecipe& optim = recipe.optim;
  const double number = half ? 2 : f32;
  const auto learnt = static_cast<double>(parameter_count(config));
  const double images = optim.batch_size;
  // A recomputed block is whole in memory while its gradients are found.
  const double recomputed = recipe.model.checkpoint_blocks ? block_bytes(config, number) : 0;

  MemoryEstimate estimate;
  estimate.parameters = static_cast<double>(parameter_count(whole)) * (half ? f32 + 2 : f32);
  estimate.gradients = learnt * f32;
  estimate.optimizer =
      learnt * f32 * ((optim.optimizer == "adamw" ? 2 : 1) + (optim.ema > 0 ? 1 : 0));
  estimate.activations = images * activation_bytes(config, recipe.model.checkpoint_blocks, half);
  if (config.decoder)
    estimate.activations +=
        images * (decoder_activation_bytes(config, half) + decoder_backward_bytes(config, number));
  if (config.is_transformer())
    estimate.activations += images * (recomputed + backward_bytes(config, number));
  if (config.is_transformer() && !recipe.model.checkpoint_blocks)
    estimate.activations += joined_bytes(config, half);
  estimate.batches = loaded_batches * images * 3 * config.image_size * config.image_size * f32;
  return estimate;
}

}  // namespace evax::train
