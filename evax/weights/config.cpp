#include "evax/weights/config.h"

#include "evax/core/error.h"

namespace evax::weights {
namespace {

struct Family {
  std::string_view name;
  int embed_dim;
  int mlp_hidden;
  bool base_layout;  // sub_ln and qkv_split come together in the published models
};
constexpr int family_depth = 12;
constexpr Family families[] = {{"eva_x_tiny", 192, 512, false},
                               {"eva_x_small", 384, 1024, false},
                               {"eva_x_base", 768, 2048, true}};
constexpr int head_dim = 64;

void check_range(const std::string& path, std::string_view key, int value, int low, int high) {
  if (value < low || value > high)
    fail("{}: expected {} between {} and {}, found {}", path, key, low, high, value);
}

}  // namespace

std::string variant_of(const ModelConfig& config) {
  for (const Family& family : families)
    if (config.patch_size == 16 && config.depth == family_depth &&
        config.embed_dim == family.embed_dim && config.mlp_hidden == family.mlp_hidden &&
        config.sub_ln == family.base_layout && config.qkv_split == family.base_layout)
      return std::string(family.name);
  return "eva_x";
}

std::optional<ModelConfig> published_config(std::string_view variant) {
  for (const Family& family : families) {
    if (family.name != variant) continue;
    ModelConfig config;
    config.variant = variant;
    config.embed_dim = family.embed_dim;
    config.depth = family_depth;
    config.num_heads = family.embed_dim / head_dim;
    config.mlp_hidden = family.mlp_hidden;
    config.sub_ln = config.qkv_split = family.base_layout;
    return config;
  }
  return {};
}

void check_config(const ModelConfig& config, const std::string& path) {
  if (config.arch != "eva_x") fail("{}: expected arch 'eva_x', found '{}'", path, config.arch);
  check_range(path, "image_size", config.image_size, 1, 4096);
  check_range(path, "patch_size", config.patch_size, 1, 256);
  check_range(path, "embed_dim", config.embed_dim, 1, 16384);
  check_range(path, "depth", config.depth, 1, 1000);
  check_range(path, "mlp_hidden", config.mlp_hidden, 1, 65536);
  check_range(path, "rope_ref_grid", config.rope_ref_grid, 1, 4096);
  check_range(path, "num_classes", config.num_classes, 0, 100000);
  if (config.image_size % config.patch_size != 0)
    fail("{}: expected an image_size that is a multiple of the patch_size {}, found {}", path,
         config.patch_size, config.image_size);
  if (config.embed_dim != static_cast<int64_t>(config.num_heads) * head_dim)
    fail("{}: expected an embed_dim of {} for each of {} heads, found {}", path, head_dim,
         config.num_heads, config.embed_dim);
  if (config.pool != "avg") fail("{}: expected pool 'avg', found '{}'", path, config.pool);
  if (config.variant != variant_of(config))
    fail("{}: expected variant '{}' for these sizes, found '{}'", path, variant_of(config),
         config.variant);
}

}  // namespace evax::weights
