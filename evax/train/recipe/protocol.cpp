#include "evax/train/recipe/protocol.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/sha256.h"
#include "evax/data/fingerprint.h"
#include "evax/train/checkpoint/weights_hash.h"
#include "evax/weights/describe.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string sha256_of(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

/// Null for what is no regular file: no list, a folder of images.
Json sha256_of_file(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return nullptr;
  return sha256(MappedFile::open(path)->bytes());
}

struct Counts {
  size_t positive = 0;
  size_t negative = 0;
  size_t ignored = 0;  // by the label policy
};

Json counts_by_class(const data::Dataset& dataset) {
  std::vector<Counts> counts(dataset.classes.size());
  const bool multiclass = dataset.task == weights::Task::multiclass;
  for (const data::Sample& sample : dataset.samples) {
    for (size_t c = 0; c < counts.size(); ++c) {
      if (!multiclass && c >= sample.labels.size()) break;  // unlabelled
      const float target =
          multiclass ? (sample.label == static_cast<int>(c) ? 1.0F : 0.0F) : sample.labels[c];
      if (std::isnan(target))
        ++counts[c].ignored;
      else
        ++(target > 0.5F ? counts[c].positive : counts[c].negative);
    }
  }
  Json json = Json::object();
  for (size_t c = 0; c < counts.size(); ++c)
    json[dataset.classes[c]] = {{"positive", counts[c].positive},
                                {"negative", counts[c].negative},
                                {"ignored", counts[c].ignored}};
  return json;
}

/// Null for what is no model file of evax.
Json provenance_of(const std::string& init) {
  if (!fs::exists(init)) return nullptr;
  const auto metadata = weights::describe_checkpoint(init).metadata;
  return metadata ? Json(metadata->provenance) : Json(nullptr);
}

std::string seedless_sha256(Recipe recipe) {
  recipe.run.seed = 0;
  return sha256_of(to_toml(recipe));
}

// What tells of a run and decides nothing, or is compared key by key as the recipe.
bool binds(const std::string& key) {
  static const std::set<std::string, std::less<>> told{"code_version",
                                                       "task",
                                                       "protocol",
                                                       "notes",
                                                       "init",
                                                       "init_provenance",
                                                       "preprocess",
                                                       "recipe_sha256",
                                                       "seedless_recipe_sha256",
                                                       "preprocess_sha256",
                                                       "train.source",
                                                       "val.source",
                                                       "test.source",
                                                       "teacher.notes",
                                                       "probe.train.source",
                                                       "probe.test.source"};
  return !told.contains(key);
}

std::string shown(const Json& value) {
  constexpr size_t sha256_digits = 64, enough = 8;
  if (value.is_null()) return "none";
  if (value.is_object() && value.contains("images")) return "list of " + value["images"].dump();
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  return text.size() == sha256_digits ? text.substr(0, enough) : text;
}

void compare(const std::string& key, const Json& before, const Json& now,
             ProtocolChanges& changes) {
  if (before == now || !binds(key)) return;
  if (!before.is_object() || !now.is_object()) {
    // A hash that was not kept then: what it is of is in the recipe, or in another hash.
    if (before.is_null() && !now.is_object()) return changes.unrecorded.push_back(key);
    return changes.found.push_back(fmt::format("{}: {} -> {}", key, shown(before), shown(now)));
  }
  const auto name = [&](const std::string& part) { return key.empty() ? part : key + "." + part; };
  for (const auto& [part, value] : now.items()) {
    if (before.contains(part))
      compare(name(part), before[part], value, changes);
    else if (binds(name(part)))
      changes.unrecorded.push_back(name(part));
  }
  for (const auto& [part, value] : before.items())
    if (!now.contains(part)) compare(name(part), value, nullptr, changes);
}

}  // namespace

Json describe_list(const data::Dataset& dataset, const std::string& list,
                   const std::string& images) {
  if (dataset.samples.empty()) return nullptr;
  std::set<std::string_view> patients;
  for (const data::Sample& sample : dataset.samples)
    if (!sample.patient.empty()) patients.insert(sample.patient);
  return {{"source", dataset.source},
          {"images", dataset.size()},
          {"patients", patients.empty() ? Json(nullptr) : Json(patients.size())},
          {"list_sha256", sha256_of_file(list)},
          {"samples_sha256", data::fingerprint(dataset, images)},
          {"pictures_sha256", data::picture_fingerprint(dataset)},
          {"classes", counts_by_class(dataset)}};
}

ProtocolChanges protocol_changes(const Json& before, const Json& now) {
  ProtocolChanges changes;
  compare("", before, now, changes);
  // A sentence is cut where it is long: what says most comes first.
  std::stable_partition(changes.found.begin(), changes.found.end(), [](const std::string& line) {
    return line.find(".classes.") == std::string::npos;
  });
  return changes;
}

std::string selection_set(const Recipe& recipe, const data::Splits& splits) {
  const bool paper = recipe.run.protocol == "paper";
  const data::Dataset& chosen_on = paper ? splits.test : splits.val;
  if (chosen_on.samples.empty()) return "none (the last epoch is kept)";
  return paper ? "TEST (as the original)" : "validation";
}

Json protocol(const Recipe& recipe, const data::Splits& splits, const std::string& version) {
  const data::DataConfig& data = recipe.data;
  const Json preprocess = to_json(recipe.preprocess);
  const std::string init = weights_sha256(recipe.model.init);
  return {{"code_version", version},
          {"task", recipe.task},
          {"protocol", recipe.run.protocol},
          {"selection_set", selection_set(recipe, splits)},
          {"label_policy", splits.policy},
          {"classes", splits.train.classes},
          {"train", describe_list(splits.train, data.train, data.images)},
          {"val", describe_list(splits.val, data.val, data.images)},
          {"test", describe_list(splits.test, data.test, data.images)},
          {"notes", splits.notes},
          {"init", recipe.model.init},
          {"init_sha256", init.empty() ? Json(nullptr) : Json(init)},
          {"init_provenance", provenance_of(recipe.model.init)},
          {"bits", data.bits},
          {"preprocess", preprocess},
          {"preprocess_sha256", sha256_of(preprocess.dump())},
          {"recipe_sha256", sha256_of(to_toml(recipe))},
          {"seedless_recipe_sha256", seedless_sha256(recipe)}};
}

}  // namespace evax::train
