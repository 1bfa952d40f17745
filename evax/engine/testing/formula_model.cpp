#include "evax/engine/testing/formula_model.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>

namespace evax::engine::testing {
namespace {

struct Parameter {
  std::string name;  // timm's
  Shape shape;
};

// Keyed, and so ordered, by the official name, on which the formula depends.
using Parameters = std::map<std::string, Parameter>;

void add_block(Parameters& parameters, const weights::ModelConfig& config, int index) {
  const int64_t width = config.embed_dim;
  const int64_t hidden = config.mlp_hidden;
  const std::string block = fmt::format("blocks.{}.", index);
  const auto add = [&](const char* official, const char* timm, Shape shape) {
    parameters[block + official] = {block + timm, std::move(shape)};
  };
  for (const char* name : {"norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"})
    add(name, name, {width});
  if (config.qkv_split) {
    add("attn.q_proj.weight", "attn.q_proj.weight", {width, width});
    add("attn.k_proj.weight", "attn.k_proj.weight", {width, width});
    add("attn.v_proj.weight", "attn.v_proj.weight", {width, width});
    add("attn.q_bias", "attn.q_proj.bias", {width});
    add("attn.v_bias", "attn.v_proj.bias", {width});
    add("mlp.w1.weight", "mlp.fc1_g.weight", {hidden, width});
    add("mlp.w1.bias", "mlp.fc1_g.bias", {hidden});
    add("mlp.w2.weight", "mlp.fc1_x.weight", {hidden, width});
    add("mlp.w2.bias", "mlp.fc1_x.bias", {hidden});
  } else {
    add("attn.qkv.weight", "attn.qkv.weight", {3 * width, width});
    add("attn.q_bias", "attn.q_bias", {width});
    add("attn.v_bias", "attn.v_bias", {width});
    add("mlp.w12.weight", "mlp.fc1.weight", {2 * hidden, width});
    add("mlp.w12.bias", "mlp.fc1.bias", {2 * hidden});
  }
  if (config.sub_ln) {
    add("mlp.ffn_ln.weight", "mlp.norm.weight", {hidden});
    add("mlp.ffn_ln.bias", "mlp.norm.bias", {hidden});
  }
  add("attn.proj.weight", "attn.proj.weight", {width, width});
  add("attn.proj.bias", "attn.proj.bias", {width});
  add("mlp.w3.weight", "mlp.fc2.weight", {width, hidden});
  add("mlp.w3.bias", "mlp.fc2.bias", {width});
}

Parameters all_parameters(const weights::ModelConfig& config) {
  const int64_t width = config.embed_dim;
  const int64_t patch = config.patch_size;
  Parameters parameters;
  const auto add = [&](const char* name, Shape shape) {
    parameters[name] = {name, std::move(shape)};
  };
  add("cls_token", {1, 1, width});
  add("pos_embed", {1, config.tokens(), width});
  add("patch_embed.proj.weight", {width, 3, patch, patch});
  add("patch_embed.proj.bias", {width});
  add("fc_norm.weight", {width});
  add("fc_norm.bias", {width});
  add("head.weight", {config.num_classes, width});
  add("head.bias", {config.num_classes});
  for (int i = 0; i < config.depth; ++i) add_block(parameters, config, i);
  return parameters;
}

double scale_of(const std::string& official, const Shape& shape) {
  if (official == "cls_token" || official == "pos_embed") return 0.1;
  if (shape.size() == 1) return 0.05;
  const double fan_in = static_cast<double>(element_count(shape)) / static_cast<double>(shape[0]);
  const double scale = std::sqrt(3 / fan_in);
  return official == "patch_embed.proj.weight" ? 0.1 * scale : scale;
}

Tensor formula_tensor(const std::string& official, const Shape& shape, uint64_t p) {
  const bool norm_weight =
      official.ends_with("norm1.weight") || official.ends_with("norm2.weight") ||
      official.ends_with("fc_norm.weight") || official.ends_with("ffn_ln.weight");
  const double scale = scale_of(official, shape);
  Tensor tensor(DType::f32, shape);
  uint64_t i = 0;
  for (float& value : tensor.mutable_floats()) {
    const double s = formula_value(p, i++);
    value = static_cast<float>(norm_weight ? 1 + 0.1 * s : scale * s);
  }
  return tensor;
}

weights::ModelConfig config_of(const char* variant, int heads, bool base) {
  weights::ModelConfig config;
  config.variant = variant;
  config.num_heads = heads;
  config.embed_dim = 64 * heads;
  config.depth = 12;
  config.mlp_hidden = config.embed_dim * 8 / 3;
  config.sub_ln = config.qkv_split = base;
  config.num_classes = 14;
  return config;
}

}  // namespace

weights::ModelFile formula_model(const weights::ModelConfig& config) {
  weights::ModelFile file;
  file.metadata.model = config;
  uint64_t p = 0;
  for (const auto& [official, parameter] : all_parameters(config))
    file.tensors[parameter.name] = formula_tensor(official, parameter.shape, p++);
  return file;
}

std::vector<float> formula_images(const weights::ModelConfig& config, size_t count) {
  const auto side = static_cast<size_t>(config.image_size);
  std::vector<float> images(count * 3 * side * side);
  for (size_t i = 0; i < images.size(); ++i)
    images[i] = static_cast<float>(2 * formula_value(65536, i));
  return images;
}

weights::ModelConfig tiny_config() { return config_of("eva_x_tiny", 3, false); }
weights::ModelConfig small_config() { return config_of("eva_x_small", 6, false); }
weights::ModelConfig base_config() { return config_of("eva_x_base", 12, true); }

}  // namespace evax::engine::testing
