#include "evax/train/initial_model.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/sha256.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/pos_embed.h"
#include "evax/weights/convert/presets.h"
#include "evax/weights/describe.h"

namespace evax::train {
namespace {

using weights::ModelConfig;
using weights::ModelFile;

// An evax model file as it is, any other checkpoint through import.
ModelFile read_weights(const std::string& path, std::vector<std::string>& notes) {
  if (weights::describe_checkpoint(path).metadata) return weights::load_model(path);
  weights::ImportOptions options;
  options.partial = true;
  weights::Imported imported = weights::import_checkpoint(path, options);
  for (std::string& text : imported.notes) notes.push_back(std::move(text));
  return std::move(imported.model);
}

void check_same_network(const std::string& path, const ModelConfig& wanted,
                        const ModelConfig& found) {
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

// Whether the head of the file answers for these classes; says why not.
bool head_fits(const ModelFile& file, const std::vector<std::string>& classes,
               std::vector<std::string>& notes) {
  const auto& found = file.metadata.classes;
  if (file.metadata.model.num_classes == 0) return false;
  if (found.size() != classes.size()) {
    notes.push_back(fmt::format("the head is drawn anew: the file has {} classes, the data {}",
                                found.size(), classes.size()));
    return false;
  }
  if (found != weights::placeholder_classes(found.size()) && found != classes) {
    notes.push_back(fmt::format("the head is drawn anew: the file's classes are {}, the data's {}",
                                fmt::join(found, ", "), fmt::join(classes, ", ")));
    return false;
  }
  return true;
}

// A ViT's final norm is the one of its pooling: mean pooling starts afresh where the file has the
// cls token's, as fine-tuning a masked autoencoder does, and the other way round.
void fit_norm(const ModelConfig& config, ModelFile& file, InitialModel& initial) {
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
  initial.notes.push_back(
      fmt::format("{} starts at 1 and 0: the file has {}, for another pooling", norm, old_norm));
}

void load_file(const Recipe& recipe, const ModelConfig& config, ModelFile file,
               const std::vector<std::string>& classes, InitialModel& initial) {
  const std::string& path = recipe.model.init;
  check_same_network(path, config, file.metadata.model);
  const int grid = file.metadata.model.grid();
  if (config.is_transformer() && grid != config.grid()) {
    initial.notes.push_back(
        fmt::format("position embedding resized from {0} x {0} to {1} x {1}", grid, config.grid()));
    Tensor& pos_embed = file.tensors.at("pos_embed");
    pos_embed = weights::resize_pos_embed(pos_embed, grid, config.grid(),
                                          weights::PosEmbedResize::official);
    file.metadata.model.image_size = config.image_size;
  }
  fit_norm(config, file, initial);
  // What a partial file lacks stays as it was drawn.
  if (!config.is_transformer())
    for (const auto& [name, fresh] : nn::parameters_of(*initial.model))
      if (!name.starts_with(head_name(config))) file.tensors.try_emplace(name, fresh);
  const bool keep_head = head_fits(file, classes, initial.notes);
  nn::load(*initial.model, file);
  if (!keep_head) nn::initialise_head(*initial.model, recipe.run.seed);
  const bool pretrained = file.metadata.task == weights::Task::pretrain;
  if (pretrained && recipe.model.fc_norm == "fresh") {
    const at::NoGradGuard no_grad;
    auto parameters = initial.model->named_parameters();
    parameters["fc_norm.weight"].fill_(1);
    parameters["fc_norm.bias"].zero_();
    initial.notes.emplace_back("fc_norm starts at 1 and 0, as in the original code");
  }
}

}  // namespace

InitialModel make_initial_model(const Recipe& recipe, const std::vector<std::string>& classes) {
  const ModelConfig config = model_config(recipe.model, static_cast<int>(classes.size()));
  nn::NetworkOptions options;
  options.drop_path = recipe.model.drop_path;
  options.checkpoint_blocks = recipe.model.checkpoint_blocks;
  if (recipe.model.stop_grad_conv1) options.stop_grad_conv1 = nn::StopGradient::detach;

  InitialModel initial;
  initial.model = nn::make_network(config, options);
  nn::initialise(*initial.model, recipe.run.seed);
  if (recipe.model.init == "random") return initial;
  load_file(recipe, config, read_weights(recipe.model.init, initial.notes), classes, initial);
  if (std::filesystem::is_regular_file(recipe.model.init))  // a Hugging Face folder is none
    initial.sha256 = sha256(MappedFile::open(recipe.model.init)->bytes());
  return initial;
}

}  // namespace evax::train
