#include "evax/weights/cnn.h"
#include "evax/weights/config.h"

namespace evax::weights {
namespace {

using Parameters = std::vector<std::pair<std::string, Shape>>;

/// Appends parameters below a prefix, as PyTorch's modules nest.
class Scope {
 public:
  Scope(Parameters& parameters, std::string prefix)
      : parameters_(parameters), prefix_(std::move(prefix)) {}

  void add(std::string_view name, Shape shape) {
    parameters_.emplace_back(prefix_ + std::string(name), std::move(shape));
  }
  void linear(std::string_view name, int64_t out, int64_t in) {
    add(std::string(name) + ".weight", {out, in});
    add(std::string(name) + ".bias", {out});
  }
  void norm(std::string_view name, int64_t size) {
    add(std::string(name) + ".weight", {size});
    add(std::string(name) + ".bias", {size});
  }

 private:
  Parameters& parameters_;
  std::string prefix_;
};

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
  if (config.attn_norm()) block.norm("attn.norm", dim);
  block.linear("attn.proj", dim, dim);
}

void add_mlp(Scope& block, const ModelConfig& config) {
  const int64_t dim = config.embed_dim;
  const int64_t hidden = config.mlp_hidden;
  if (config.sub_ln) {
    block.linear("mlp.fc1_g", hidden, dim);
    block.linear("mlp.fc1_x", hidden, dim);
    block.norm("mlp.norm", hidden);
  } else {
    block.linear("mlp.fc1", (config.swiglu() ? 2 : 1) * hidden, dim);
  }
  block.linear("mlp.fc2", dim, hidden);
}

void add_block(Scope block, const ModelConfig& config) {
  const int64_t dim = config.embed_dim;
  block.norm("norm1", dim);
  add_attention(block, config);
  block.norm("norm2", dim);
  add_mlp(block, config);
}

Parameters transformer_parameters(const ModelConfig& config) {
  const int64_t dim = config.embed_dim;
  Parameters parameters;
  Scope model(parameters, "");
  model.add("cls_token", {1, 1, dim});
  model.add("pos_embed", {1, config.tokens(), dim});
  model.add("patch_embed.proj.weight", {dim, 3, config.patch_size, config.patch_size});
  model.add("patch_embed.proj.bias", {dim});
  for (int i = 0; i < config.depth; ++i)
    add_block(Scope(parameters, "blocks." + std::to_string(i) + "."), config);
  model.norm(final_norm_name(config), dim);
  if (config.head_outputs() > 0) model.linear("head", config.head_outputs(), dim);
  return parameters;
}

}  // namespace

Parameters parameters_of(const ModelConfig& config) {
  if (config.is_transformer()) return transformer_parameters(config);
  return config.arch == "resnet50" ? resnet_parameters(config.num_classes)
                                   : densenet_parameters(config.num_classes);
}

int64_t parameter_count(const ModelConfig& config) {
  int64_t count = 0;
  for (const auto& [name, shape] : parameters_of(config))
    if (!is_running_statistic(name)) count += element_count(shape);
  return count;
}

Parameters pretraining_parameters_of(const ModelConfig& config, int64_t target_dim) {
  Parameters parameters;
  Scope model(parameters, "");
  model.add("mask_token", {1, 1, config.embed_dim});
  model.linear("lm_head", target_dim, config.embed_dim);
  return parameters;
}

}  // namespace evax::weights
