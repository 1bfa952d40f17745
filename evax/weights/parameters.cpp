#include "evax/weights/cnn.h"
#include "evax/weights/config.h"
#include "evax/weights/parameter_list.h"

namespace evax::weights {
namespace {

void add_attention(Scope& block, const ModelConfig& config) {
  const int64_t dim = config.embed_dim;
  if (config.key_bias()) {
    block.linear("attn.qkv", 3 * dim, dim);
  } else if (config.qkv_split) {
    block.linear("attn.q_proj", dim, dim);
    block.add("attn.k_proj.weight", {dim, dim});
    block.linear("attn.v_proj", dim, dim);
  } else {
    block.add("attn.q_bias", {dim});
    block.add("attn.v_bias", {dim});
    block.add("attn.qkv.weight", {3 * dim, dim});
  }
  if (config.attn_norm()) block.layer_norm("attn.norm", dim);
  block.linear("attn.proj", dim, dim);
}

void add_mlp(Scope& block, const ModelConfig& config) {
  const int64_t dim = config.embed_dim;
  const int64_t hidden = config.mlp_hidden;
  if (config.sub_ln) {
    block.linear("mlp.fc1_g", hidden, dim);
    block.linear("mlp.fc1_x", hidden, dim);
    block.layer_norm("mlp.norm", hidden);
  } else {
    block.linear("mlp.fc1", (config.swiglu() ? 2 : 1) * hidden, dim);
  }
  block.linear("mlp.fc2", dim, hidden);
}

void add_block(Scope block, const ModelConfig& config) {
  const int64_t dim = config.embed_dim;
  block.layer_norm("norm1", dim);
  add_attention(block, config);
  block.layer_norm("norm2", dim);
  add_mlp(block, config);
}

Parameters transformer_parameters(const ModelConfig& config) {
  const int64_t dim = config.embed_dim;
  Parameters parameters;
  Scope model(parameters);
  model.add("cls_token", {1, 1, dim});
  model.add("pos_embed", {1, config.tokens(), dim});
  model.add("patch_embed.proj.weight", {dim, 3, config.patch_size, config.patch_size});
  model.add("patch_embed.proj.bias", {dim});
  for (int i = 0; i < config.depth; ++i)
    add_block(Scope(parameters, "blocks." + std::to_string(i) + "."), config);
  if (!config.decoder) model.layer_norm(final_norm_name(config), dim);
  if (config.head_outputs() > 0) model.linear("head", config.head_outputs(), dim);
  return parameters;
}

Parameters encoder_parameters(const ModelConfig& config) {
  if (config.is_transformer()) return transformer_parameters(config);
  return config.arch == "resnet50" ? resnet_parameters(config.head_outputs())
                                   : densenet_parameters(config.head_outputs());
}

}  // namespace

Parameters parameters_of(const ModelConfig& config) {
  Parameters parameters = encoder_parameters(config);
  if (!config.decoder) return parameters;
  for (auto& parameter : decoder_parameters(config)) parameters.push_back(std::move(parameter));
  return parameters;
}

int64_t parameter_count(const ModelConfig& config) {
  int64_t count = 0;
  for (const auto& [name, shape] : parameters_of(config))
    if (!is_running_statistic(name)) count += element_count(shape);
  return count;
}

Parameters pretraining_parameters_of(const ModelConfig& config, int64_t target_dim) {
  Parameters parameters;
  Scope model(parameters);
  model.add("mask_token", {1, 1, config.embed_dim});
  model.linear("lm_head", target_dim, config.embed_dim);
  return parameters;
}

}  // namespace evax::weights
