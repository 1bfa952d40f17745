#include "evax/train/recipe/provenance.h"

#include <fmt/format.h>

namespace evax::train {

std::map<std::string, std::string> provenance(const Recipe& recipe, const std::string& init_sha256,
                                              const std::string& metrics) {
  std::map<std::string, std::string> known{
      {"source", init_sha256.empty()         ? recipe.model.init
                 : recipe.task == "pretrain" ? "pre-trained further"
                                             : "fine-tuned"},
      {"recipe", fmt::format("{} {} on {}, seed {}", recipe.task, recipe.model.arch,
                             recipe.data.kind, recipe.run.seed)},
      {"metrics", metrics}};
  if (!init_sha256.empty()) known["sha256"] = init_sha256;
  const ProvenanceRecipe& told = recipe.provenance;
  if (!told.data.empty()) known["data"] = told.data;
  if (!told.licence.empty()) known["licence"] = told.licence;
  if (!told.note.empty()) known["note"] = told.note;
  if (recipe.run.protocol == "paper")
    known["selection"] = "on the TEST set, as the original code does";
  return known;
}

}  // namespace evax::train
