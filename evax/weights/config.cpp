#include "evax/weights/config.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "evax/core/error.h"

namespace evax::weights {
namespace {

struct Family {
  std::string_view variant, arch;
  int embed_dim;
  int mlp_hidden;    // transformers only
  bool base_layout;  // sub_ln and qkv_split come together in the published EVA-X models
};
constexpr int family_depth = 12;
constexpr Family families[] = {
    {"eva_x_tiny", "eva_x", 192, 512, false}, {"eva_x_small", "eva_x", 384, 1024, false},
    {"eva_x_base", "eva_x", 768, 2048, true}, {"vit_tiny", "vit", 192, 768, false},
    {"vit_small", "vit", 384, 1536, false},   {"vit_base", "vit", 768, 3072, false},
    {"resnet50", "resnet50", 2048, 0, false}, {"densenet121", "densenet121", 1024, 0, false}};
constexpr int head_dim = 64;
constexpr int patch_size = 16;

void check_range(const std::string& path, std::string_view key, int value, int low, int high) {
  if (value < low || value > high)
    fail("{}: expected {} between {} and {}, found {}", path, key, low, high, value);
}

void check_transformer(const ModelConfig& config, const std::string& path) {
  check_range(path, "patch_size", config.patch_size, 1, 256);
  check_range(path, "embed_dim", config.embed_dim, 1, 16384);
  check_range(path, "depth", config.depth, 1, 1000);
  check_range(path, "mlp_hidden", config.mlp_hidden, 1, 65536);
  check_range(path, "rope_ref_grid", config.rope_ref_grid, 1, 4096);
  if (config.image_size % config.patch_size != 0)
    fail("{}: expected an image_size that is a multiple of the patch_size {}, found {}", path,
         config.patch_size, config.image_size);
  if (config.embed_dim != static_cast<int64_t>(config.num_heads) * head_dim)
    fail("{}: expected an embed_dim of {} for each of {} heads, found {}", path, head_dim,
         config.num_heads, config.embed_dim);
  if (config.pool != "avg" && (config.is_eva_x() || config.pool != "token"))
    fail("{}: expected pool {}, found '{}'", path, config.is_eva_x() ? "'avg'" : "'avg' or 'token'",
         config.pool);
}

void check_convolutional(const ModelConfig& config, const std::string& path) {
  // Five times halved, something must be left to pool.
  check_range(path, "image_size", config.image_size, 32, 4096);
  const int width = published_config(config.arch)->embed_dim;
  check_range(path, "embed_dim", config.embed_dim, width, width);
}

}  // namespace

std::string variant_of(const ModelConfig& config) {
  for (const Family& family : families)
    if (config.arch == family.arch && config.embed_dim == family.embed_dim &&
        (!config.is_transformer() ||
         (config.patch_size == patch_size && config.depth == family_depth &&
          config.mlp_hidden == family.mlp_hidden && config.sub_ln == family.base_layout &&
          config.qkv_split == family.base_layout)))
      return std::string(family.variant);
  return config.arch;
}

std::optional<ModelConfig> published_config(std::string_view variant) {
  for (const Family& family : families) {
    if (family.variant != variant) continue;
    ModelConfig config;
    config.arch = family.arch;
    config.variant = variant;
    config.embed_dim = family.embed_dim;
    if (!config.is_transformer()) return config;
    config.depth = family_depth;
    config.num_heads = family.embed_dim / head_dim;
    config.mlp_hidden = family.mlp_hidden;
    config.sub_ln = config.qkv_split = family.base_layout;
    return config;
  }
  return {};
}

std::vector<std::string> published_variants() {
  std::vector<std::string> names;
  for (const Family& family : families) names.emplace_back(family.variant);
  return names;
}

void check_arch(const std::string& arch, const std::string& path) {
  constexpr std::string_view archs[] = {"eva_x", "vit", "resnet50", "densenet121"};
  if (std::find(std::begin(archs), std::end(archs), arch) == std::end(archs))
    fail("{}: expected arch {}, found '{}'", path, fmt::join(archs, ", "), arch);
}

void check_config(const ModelConfig& config, const std::string& path) {
  check_arch(config.arch, path);
  check_range(path, "image_size", config.image_size, 1, 4096);
  check_range(path, "num_classes", config.num_classes, 0, 100000);
  if (config.is_transformer())
    check_transformer(config, path);
  else
    check_convolutional(config, path);
  if (config.variant != variant_of(config))
    fail("{}: expected variant '{}' for these sizes, found '{}'", path, variant_of(config),
         config.variant);
}

std::string_view head_name(const ModelConfig& config) {
  if (config.is_transformer()) return "head";
  return config.arch == "resnet50" ? "fc" : "classifier";
}

std::string_view final_norm_name(const ModelConfig& config) {
  return config.pool == "token" ? "norm" : "fc_norm";
}

}  // namespace evax::weights
