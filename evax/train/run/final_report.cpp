#include "evax/train/run/final_report.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/core/thread_pool.h"
#include "evax/evaluation/folder.h"
#include "evax/train/run/training_curves.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

/// Thresholds and temperature of the validation list go into the model file.
void calibrate(const FinalScores& scores, const data::Dataset& validation, weights::Metadata& model,
               evaluation::Rules& rules) {
  const bool argmax = model.task == weights::Task::multiclass && model.classes.size() > 2;
  rules.threshold_rule = argmax ? "argmax" : "0.5";
  if (scores.validation == nullptr) return;
  const evaluation::Scored& scored = scores.validation->scored;
  const double temperature = evaluation::fit_temperature(validation, scored);
  model.temperature = temperature;
  if (argmax) return;
  const evaluation::Calibration chosen =
      evaluation::choose_thresholds(validation, scored, temperature, {});
  model.thresholds = rules.thresholds = chosen.thresholds;
  rules.threshold_rule = metrics::name_of(metrics::ThresholdRule{});
  rules.thresholds_chosen_on = fmt::format("validation ({} images)", scored.samples.size());
  for (const std::string& line : chosen.notes) note("thresholds: " + line);
}

}  // namespace

std::string write_final_report(const Recipe& recipe, const std::string& folder,
                               const data::Splits& splits, const FinalScores& scores) {
  weights::ModelFile file = weights::load_model(scores.best_model);
  evaluation::Rules rules;
  rules.sigmoid = recipe.run.protocol == "paper";
  rules.options.threads = available_threads();
  calibrate(scores, splits.val, file.metadata, rules);

  evaluation::Subject subject;
  subject.model_name = std::filesystem::path(scores.best_model).filename().string();
  subject.model = &file.metadata;
  subject.images = scores.judged_on;
  subject.kind = recipe.data.kind;
  subject.folder = recipe.data.images;
  subject.set = scores.set;
  subject.selected_on_test = recipe.run.protocol == "paper";
  evaluation::Judgement judgement = evaluation::judge(subject, scores.judged->scored, rules);

  const std::string sentence = evaluation::sentence_of(judgement.evaluation);
  file.metadata.provenance["metrics"] =
      fmt::format("{}: {}; {}: {}", scores.selected_on,
                  scores.selected.at("figures").get<std::string>(), scores.set, sentence);
  weights::save_model(scores.best_model, file);
  judgement.subject.model_sha256 = sha256(MappedFile::open(scores.best_model)->bytes());
  evaluation::write_folder(
      folder, judgement,
      {{"loss", scores.judged->loss},
       {"selected_on", scores.selected_on},
       {"selected", nlohmann::json(scores.selected)}},
      training_curves(folder, scores.selected_on, scores.selected.at("best_epoch"),
                      {{"mean_auc", "mean AUC"}, {"accuracy", "accuracy"}}));
  return sentence;
}

}  // namespace evax::train
