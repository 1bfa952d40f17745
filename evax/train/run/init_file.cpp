#include "evax/train/run/init_file.h"

#include <fmt/ranges.h>

#include "evax/core/error.h"
#include "evax/train/checkpoint/weights_hash.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/pos_embed.h"

namespace evax::train {
namespace {

using weights::ModelConfig;
using weights::ModelFile;

void check_same_network(const std::string& path, const ModelConfig& wanted,
                        const ModelConfig& found) {
  if (found.decoder && !wanted.decoder)
    fail("{}: expected a classifier or an encoder, found a segmentation model", path);
  std::vector<std::string> differences;
  const auto compare = [&](const char* name, int expected, int actual) {
    if (expected != actual)
      differences.push_back(fmt::format("{} {}, found {}", name, expected, actual));
  };
  if (wanted.arch != found.arch)
    differences.push_back(fmt::format("arch {}, found {}", wanted.arch, found.arch));
  compare("embed_dim", wanted.embed_dim, found.embed_dim);
  compare("depth", wanted.depth, found.depth);
  compare("num_heads", wanted.num_heads, found.num_heads);
  compare("mlp_hidden", wanted.mlp_hidden, found.mlp_hidden);
  compare("patch_size", wanted.patch_size, found.patch_size);
  compare("sub_ln", wanted.sub_ln, found.sub_ln);
  compare("qkv_split", wanted.qkv_split, found.qkv_split);
  if (!differences.empty())
    fail("{}: another network than the recipe's model.arch = {}: expected {}", path, wanted.variant,
         fmt::join(differences, "; expected "));
}

// A ViT's final norm is the one of its pooling: mean pooling starts afresh where the file has the
// cls token's, as fine-tuning a masked autoencoder does, and the other way round.
void fit_norm(const ModelConfig& config, ModelFile& file, std::vector<std::string>& notes) {
  ModelConfig& found = file.metadata.model;
  if (!config.is_transformer() || found.pool == config.pool) return;
  const std::string old_norm(final_norm_name(found));
  const std::string norm(final_norm_name(config));
  for (const char* part : {".weight", ".bias"}) {
    file.tensors.erase(old_norm + part);
    const std::vector<float> values(static_cast<size_t>(config.embed_dim),
                                    std::string_view(part) == ".weight" ? 1.0F : 0.0F);
    file.tensors[norm + part] = Tensor::from_floats({config.embed_dim}, values);
  }
  found.pool = config.pool;
  notes.push_back(
      fmt::format("{} starts at 1 and 0: the file has {}, for another pooling", norm, old_norm));
}

void fit_grid(const ModelConfig& config, ModelFile& file, std::vector<std::string>& notes) {
  const int grid = file.metadata.model.grid();
  if (!config.is_transformer() || grid == config.grid()) return;
  notes.push_back(
      fmt::format("position embedding resized from {0} x {0} to {1} x {1}", grid, config.grid()));
  Tensor& pos_embed = file.tensors.at("pos_embed");
  pos_embed =
      weights::resize_pos_embed(pos_embed, grid, config.grid(), weights::PosEmbedResize::official);
  file.metadata.model.image_size = config.image_size;
}

}  // namespace

InitFile read_init_file(const std::string& path, const ModelConfig& config) {
  InitFile init;
  weights::Imported read = weights::read_weights(path, {.partial = true});
  init.file = std::move(read.model);
  init.notes = std::move(read.notes);
  check_same_network(path, config, init.file.metadata.model);
  fit_grid(config, init.file, init.notes);
  fit_norm(config, init.file, init.notes);
  init.sha256 = weights_sha256(path);
  return init;
}

}  // namespace evax::train
