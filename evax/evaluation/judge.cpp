#include "evax/evaluation/judge.h"

#include "evax/core/error.h"
#include "evax/evaluation/describe.h"
#include "evax/report/findings/metrics_json.h"

namespace evax::evaluation {
namespace {

using Json = nlohmann::ordered_json;

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
  Json head = head_of(judgement.subject, judgement.rules, judgement.unreadable.size(),
                      judgement.evaluation.by_patient);
  if (judgement.uncalibrated)
    head["ece_without_temperature"] =
        judgement.uncalibrated->ece ? Json(*judgement.uncalibrated->ece) : Json();
  for (const auto& item : more.items()) head[item.key()] = item.value();
  return report::metrics_json(judgement.evaluation, std::move(head));
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
