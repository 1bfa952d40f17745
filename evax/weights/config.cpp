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
  // Transformers only.
  int mlp_hidden = 0;
  bool base_layout = false;  // sub_ln and qkv_split come together in the published models
  int depth = 12;
  int patch_size = 16;
  int rope_ref_grid = 14;
};
constexpr Family families[] = {{"eva_x_tiny", "eva_x", 192, 512},
                               {"eva_x_small", "eva_x", 384, 1024},
                               {"eva_x_base", "eva_x", 768, 2048, true},
                               {"vit_tiny", "vit", 192, 768},
                               {"vit_small", "vit", 384, 1536},
                               {"vit_base", "vit", 768, 3072},
                               {"eva01_clip_giant", "eva01_clip", 1408, 6144, false, 40, 14},
                               {"eva02_clip_base", "eva02_clip", 768, 2048, true, 12, 16, 16},
                               {"eva02_clip_large", "eva02_clip", 1024, 2730, true, 24, 14, 16},
                               {"resnet50", "resnet50", 2048},
                               {"densenet121", "densenet121", 1024}};
constexpr int rotary_head_width = 64;

void check_range(const std::string& path, std::string_view key, int value, int low, int high) {
  if (value < low || value > high)
    fail("{}: expected {} between {} and {}, found {}", path, key, low, high, value);
}

// Rotary tables are for heads of 64 channels.
void check_heads(const ModelConfig& config, const std::string& path) {
  if (config.rotary() && config.embed_dim != int64_t{config.num_heads} * rotary_head_width)
    fail("{}: expected an embed_dim of {} for each of {} heads, found {}", path, rotary_head_width,
         config.num_heads, config.embed_dim);
  if (config.num_heads < 1 || config.embed_dim % config.num_heads != 0)
    fail("{}: expected a num_heads that divides the embed_dim {}, found {}", path, config.embed_dim,
         config.num_heads);
}

void check_pool(const ModelConfig& config, const std::string& path) {
  const bool possible = config.pool == "avg"     ? !config.is_eva_clip()
                        : config.pool == "token" ? !config.is_eva_x()
                                                 : false;
  if (!possible)
    fail("{}: expected pool {}, found '{}'", path,
         config.is_eva_x()      ? "'avg'"
         : config.is_eva_clip() ? "'token'"
                                : "'avg' or 'token'",
         config.pool);
}

// EVA-CLIP's head projects and does not classify; EVA02's towers have one layout.
void check_eva_clip(const ModelConfig& config, const std::string& path) {
  check_range(path, "num_classes", config.num_classes, 0, 0);
  const bool split = config.arch == "eva02_clip";
  if (config.sub_ln != split || config.qkv_split != split)
    fail("{}: expected sub_ln and qkv_split to be {} for {}", path, split, config.arch);
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
  check_heads(config, path);
  check_pool(config, path);
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
         (config.patch_size == family.patch_size && config.depth == family.depth &&
          config.num_heads == config.embed_dim / usual_head_width(config.embed_dim) &&
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
    config.patch_size = family.patch_size;
    config.depth = family.depth;
    config.num_heads = family.embed_dim / usual_head_width(family.embed_dim);
    config.mlp_hidden = family.mlp_hidden;
    config.sub_ln = config.qkv_split = family.base_layout;
    config.rope_ref_grid = family.rope_ref_grid;
    if (config.is_eva_clip()) config.pool = "token";
    return config;
  }
  return {};
}

std::vector<std::string> published_variants() {
  std::vector<std::string> names;
  for (const Family& family : families)
    if (!family.arch.ends_with("_clip")) names.emplace_back(family.variant);
  return names;
}

int usual_head_width(int embed_dim) {
  switch (embed_dim) {
    case 1280: return 80;   // ViT-H/14
    case 1408: return 88;   // EVA01-CLIP g/14
    case 1664: return 104;  // ViT-G/14
    default: return rotary_head_width;
  }
}

void check_arch(const std::string& arch, const std::string& path) {
  constexpr std::string_view archs[] = {"eva_x",      "vit",      "eva01_clip",
                                        "eva02_clip", "resnet50", "densenet121"};
  if (std::find(std::begin(archs), std::end(archs), arch) == std::end(archs))
    fail("{}: expected arch {}, found '{}'", path, fmt::join(archs, ", "), arch);
}

void check_config(const ModelConfig& config, const std::string& path) {
  check_arch(config.arch, path);
  check_range(path, "image_size", config.image_size, 1, 4096);
  check_range(path, "num_classes", config.num_classes, 0, 100000);
  check_range(path, "projection", config.projection, 0, config.is_eva_clip() ? 100000 : 0);
  if (config.is_eva_clip()) check_eva_clip(config, path);
  if (config.is_transformer())
    check_transformer(config, path);
  else
    check_convolutional(config, path);
  if (config.decoder) check_decoder(config, path);
  if (config.variant != variant_of(config))
    fail("{}: expected variant '{}' for these sizes, found '{}'", path, variant_of(config),
         config.variant);
}

std::string_view head_name(const ModelConfig& config) {
  if (config.decoder) return "decode_head.conv_seg";
  if (config.is_transformer()) return "head";
  return config.arch == "resnet50" ? "fc" : "classifier";
}

std::string_view final_norm_name(const ModelConfig& config) {
  return config.pool == "token" ? "norm" : "fc_norm";
}

}  // namespace evax::weights
