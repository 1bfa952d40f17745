#include "evax/train/pretraining/initial_student.h"

#include <fmt/format.h>

#include "evax/train/run/init_file.h"

namespace evax::train {
namespace {

/// Why the file's lm_head is not for this teacher; empty when it is, or may be.
std::string reason_against(const weights::ModelFile& file, const ModelRecipe& recipe,
                           int64_t target_width, const std::string& teacher) {
  const auto head = file.tensors.find("lm_head.weight");
  if (head == file.tensors.end()) return "the file has none";
  if (recipe.lm_head == "fresh") return "model.lm_head is \"fresh\"";
  if (head->second.size(0) != target_width)
    return fmt::format("the file's is for targets of {} numbers, this teacher's have {}",
                       head->second.size(0), target_width);
  const auto& provenance = file.metadata.provenance;
  const auto maker = provenance.find("teacher");
  if (maker != provenance.end() && maker->second != teacher)
    return "the file's is for another teacher";
  return "";
}

}  // namespace

InitialStudent make_initial_student(const Recipe& recipe, int64_t target_width,
                                    const std::string& teacher) {
  const weights::ModelConfig config = model_config(recipe.model, 0);
  nn::NetworkOptions options;
  options.drop_path = recipe.model.drop_path;
  options.checkpoint_blocks = recipe.model.checkpoint_blocks;
  if (recipe.model.stop_grad_conv1) options.stop_grad_conv1 = nn::StopGradient::mix;

  InitialStudent initial;
  initial.model = std::make_shared<nn::MaskedVisionTransformer>(config, target_width, options);
  nn::initialise(*initial.model, recipe.run.seed);
  if (recipe.model.init == "random") return initial;
  InitFile init = read_init_file(recipe.model.init, config);
  initial.sha256 = init.sha256;
  initial.notes = std::move(init.notes);
  const std::string reason = reason_against(init.file, recipe.model, target_width, teacher);
  if (!init.file.tensors.contains("mask_token"))
    initial.notes.emplace_back("mask_token is initialised again: the file has none");
  nn::load(*initial.model, init.file);
  if (!reason.empty()) {
    nn::initialise_lm_head(*initial.model, recipe.run.seed);
    initial.notes.push_back("lm_head is initialised again: " + reason);
  }
  return initial;
}

}  // namespace evax::train
