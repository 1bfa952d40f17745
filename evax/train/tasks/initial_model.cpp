#include "evax/train/tasks/initial_model.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "evax/train/run/init_file.h"
#include "evax/weights/convert/presets.h"

namespace evax::train {
namespace {

using weights::ModelConfig;
using weights::ModelFile;

// Whether the head of the file answers for these classes; says why not.
bool head_fits(const ModelFile& file, const std::vector<std::string>& classes,
               std::vector<std::string>& notes) {
  const auto& found = file.metadata.classes;
  if (file.metadata.model.num_classes == 0) return false;
  if (found.size() != classes.size()) {
    notes.push_back(
        fmt::format("the head is initialised again: the file has {} classes, the data {}",
                    found.size(), classes.size()));
    return false;
  }
  if (found != weights::placeholder_classes(found.size()) && found != classes) {
    notes.push_back(
        fmt::format("the head is initialised again: the file's classes are {}, the data's {}",
                    fmt::join(found, ", "), fmt::join(classes, ", ")));
    return false;
  }
  return true;
}

void load_file(const Recipe& recipe, ModelFile file, const std::vector<std::string>& classes,
               InitialModel& initial) {
  const ModelConfig& config = initial.model->config();
  // What a partial file lacks stays as it was drawn.
  if (!config.is_transformer())
    for (const auto& [name, fresh] : nn::parameters_of(*initial.model))
      if (!name.starts_with(head_name(config))) file.tensors.try_emplace(name, fresh);
  if (config.decoder && !file.metadata.model.decoder) {
    nn::load_encoder(*initial.model, std::move(file));
    return;
  }
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
  const ModelConfig config = model_config(recipe, static_cast<int>(classes.size()));
  nn::NetworkOptions options;
  options.drop_path = recipe.model.drop_path;
  options.checkpoint_blocks = recipe.model.checkpoint_blocks;
  options.dropout = recipe.decoder.dropout;
  options.frozen = recipe.model.frozen;
  if (recipe.model.stop_grad_conv1) options.stop_grad_conv1 = nn::StopGradient::detach;

  InitialModel initial;
  initial.model = nn::make_network(config, options);
  nn::initialise(*initial.model, recipe.run.seed);
  if (recipe.model.init == "random") return initial;
  InitFile init = read_init_file(recipe.model.init, config);
  initial.sha256 = init.sha256;
  initial.notes = std::move(init.notes);
  load_file(recipe, std::move(init.file), classes, initial);
  return initial;
}

}  // namespace evax::train
