#include "evax/evaluation/judge.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/data/fingerprint.h"
#include "evax/report/metrics_json.h"
#include "evax/weights/cost.h"

namespace evax::evaluation {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// "adult", "covid/test" of folders; "ptest.csv"; "cxr14 test_list.txt", where the kind tells more
// than the file.
std::string data_name(const Subject& subject) {
  const fs::path source = fs::absolute(subject.images->source).lexically_normal();
  const std::string name = (source.has_filename() ? source : source.parent_path()).filename();
  if (subject.kind == "csv") return name;
  if (subject.kind != "folder" && subject.kind != "shards") return subject.kind + " " + name;
  const fs::path images = fs::absolute(subject.folder + "/").lexically_normal().parent_path();
  const fs::path below = source.lexically_relative(images.parent_path());
  return below.empty() || *below.begin() == ".." ? name : below.generic_string();
}

std::string text_of(const char* name, const metrics::Figure& figure) {
  if (!figure.value) return "";
  std::string text = fmt::format("{} {:.4f}", name, *figure.value);
  if (figure.interval)
    text += fmt::format(" (95 % {:.4f}-{:.4f})", figure.interval->low, figure.interval->high);
  return text + ", ";
}

metrics::Calibration uncalibrated_of(const metrics::Predictions& predictions) {
  return predictions.exclusive
             ? metrics::calibrate_exclusive(predictions.labels, predictions.probabilities,
                                            predictions.classes.size())
             : metrics::calibrate(predictions.labels, predictions.probabilities);
}

void take_areas(metrics::ClassFigures& to, const metrics::ClassFigures& from) {
  to.auc = from.auc;
  to.average_precision = from.average_precision;
}

/// The areas under curves of `from` in place of those of `to`.
void take_areas(metrics::Evaluation& to, const metrics::Evaluation& from) {
  to.mean_auc = from.mean_auc;
  to.mean_average_precision = from.mean_average_precision;
  for (size_t c = 0; c < to.classes.size(); ++c) take_areas(to.classes[c], from.classes[c]);
  for (size_t i = 0; i < to.subgroups.size(); ++i) {
    to.subgroups[i].mean_auc = from.subgroups[i].mean_auc;
    for (size_t c = 0; c < to.classes.size(); ++c)
      take_areas(to.subgroups[i].classes[c], from.subgroups[i].classes[c]);
  }
}

}  // namespace

Judgement judge(const Subject& subject, const Scored& scored, const Rules& rules) {
  Judgement judgement{subject, rules, scored.unreadable, scored.samples, {}, {}, {}, {}};
  const double temperature = subject.model->temperature.value_or(1);
  judgement.predictions =
      predictions_of(*subject.images, scored, {.temperature = temperature}, subject.folder);
  metrics::EvaluationOptions options = rules.options;
  options.thresholds = rules.thresholds;
  judgement.evaluation = metrics::evaluate(judgement.predictions, options);
  if (rules.sigmoid && judgement.predictions.exclusive) {
    judgement.sigmoids = predictions_of(
        *subject.images, scored, {.temperature = temperature, .sigmoid = true}, subject.folder);
    take_areas(judgement.evaluation, metrics::evaluate(*judgement.sigmoids, options));
  }
  if (temperature != 1)
    judgement.uncalibrated =
        uncalibrated_of(predictions_of(*subject.images, scored, {}, subject.folder));
  return judgement;
}

Json metrics_of(const Judgement& judgement, const Json& more) {
  const Subject& subject = judgement.subject;
  const Rules& rules = judgement.rules;
  Json head{{"model",
             {{"name", subject.model_name},
              {"arch", subject.model->model.variant},
              {"parameters", parameter_count(subject.model->model)},
              {"macs", static_cast<int64_t>(weights::macs_per_image(subject.model->model))},
              {"sha256", subject.model_sha256}}},
            {"data",
             {{"name", data_name(subject)},
              {"kind", subject.kind},
              {"source", subject.images->source},
              {"sha256", data::fingerprint(*subject.images, subject.folder)},
              {"unreadable", judgement.unreadable.size()}}},
            {"set", subject.set},
            {"protocol", subject.selected_on_test ? "paper" : "validation"},
            {"thresholds",
             {{"rule", rules.threshold_rule},
              {"chosen_on",
               rules.thresholds_chosen_on.empty() ? Json() : Json(rules.thresholds_chosen_on)}}},
            {"bootstrap",
             {{"draws", rules.options.draws},
              {"seed", rules.options.seed},
              {"unit", judgement.evaluation.by_patient ? "patient" : "image"}}}};
  if (judgement.uncalibrated)
    head["ece_without_temperature"] =
        judgement.uncalibrated->ece ? Json(*judgement.uncalibrated->ece) : Json();
  for (const auto& item : more.items()) head[item.key()] = item.value();
  return report::metrics_json(judgement.evaluation, std::move(head));
}

std::string threshold_line(const Rules& rules) {
  if (rules.threshold_rule == "argmax") return "none: the call is the most probable class";
  if (rules.thresholds.empty()) return "0.5: no validation list";
  if (rules.thresholds_chosen_on == "the model file") return "those of the model file";
  const std::string rule = rules.threshold_rule == "youden"
                               ? "highest sensitivity + specificity (Youden)"
                               : rules.threshold_rule;
  return rule + ", chosen on " + rules.thresholds_chosen_on;
}

std::string sentence_of(const metrics::Evaluation& evaluation) {
  std::string text = text_of("mean AUC", evaluation.mean_auc) +
                     text_of("accuracy", evaluation.accuracy) +
                     text_of("label accuracy", evaluation.label_accuracy) +
                     fmt::format("{} images", evaluation.images);
  if (evaluation.patients > 0) text += fmt::format(" of {} patients", evaluation.patients);
  return text;
}

}  // namespace evax::evaluation
