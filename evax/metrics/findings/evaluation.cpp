#include "evax/metrics/findings/evaluation.h"

#include <cmath>
#include <limits>

#include "evax/core/error.h"
#include "evax/metrics/findings/scorer.h"
#include "evax/metrics/findings/subgroups.h"

namespace evax::metrics {
namespace {

// One per class; none for exclusive classes, more than two, whose call is the argmax.
std::vector<double> thresholds_for(const Predictions& predictions,
                                   const std::vector<double>& given) {
  const size_t classes = predictions.classes.size();
  const bool by_argmax = predictions.exclusive && classes != 2;
  if (given.empty()) return by_argmax ? given : std::vector<double>(classes, 0.5);
  if (by_argmax)
    fail("thresholds: expected none for {} exclusive classes, whose call is the most probable one",
         classes);
  if (given.size() != classes)
    fail("thresholds: expected one for each of {} classes, found {}", classes, given.size());
  for (const double threshold : given)
    if (!std::isfinite(threshold)) fail("thresholds: expected numbers, found {}", threshold);
  return predictions.exclusive ? std::vector<double>{1 - given[1], given[1]} : given;
}

void add_intervals(Evaluation& evaluation, const Scorer& scorer, const Clusters& clusters,
                   const EvaluationOptions& options) {
  const auto figures = figures_of(evaluation);
  const auto statistic = [&scorer](std::span<const uint32_t> multiplicity,
                                   std::span<double> values) {
    Evaluation draw = scorer.score(multiplicity);
    const auto drawn = figures_of(draw);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = drawn[i]->value.value_or(std::numeric_limits<double>::quiet_NaN());
  };
  auto draws = bootstrap(clusters, figures.size(), {options.draws, options.seed, options.threads},
                         statistic);
  for (size_t i = 0; i < figures.size(); ++i)
    figures[i]->interval = percentile_interval(std::move(draws[i]));
}

void add_calibration(Evaluation& evaluation, const Predictions& predictions) {
  const size_t classes = predictions.classes.size();
  evaluation.calibration =
      predictions.exclusive
          ? calibrate_exclusive(predictions.labels, predictions.probabilities, classes)
          : calibrate(predictions.labels, predictions.probabilities);
  for (size_t c = 0; c < classes; ++c)
    evaluation.classes[c].calibration =
        calibrate(column<float>(predictions.labels, classes, c),
                  column<double>(predictions.probabilities, classes, c));
}

void add_notes(Evaluation& evaluation) {
  for (const ClassFigures& c : evaluation.classes) {
    const int64_t labels = c.positives + c.negatives;
    if (c.positives > 0 && c.negatives > 0) continue;
    evaluation.notes.push_back(
        fmt::format("{}: no {} among {} images: AUC is undefined and left out of the mean", c.name,
                    labels == 0        ? "label"
                    : c.positives == 0 ? "positive"
                                       : "negative",
                    labels == 0 ? evaluation.images : labels));
  }
}

Evaluation evaluate_rows(const Predictions& predictions, const std::vector<double>& thresholds,
                         const EvaluationOptions& options) {
  const Scorer scorer(predictions, thresholds);
  const Clusters clusters = cluster_by_patient(predictions.patients, predictions.size());
  Evaluation evaluation = scorer.score();
  evaluation.images = static_cast<int64_t>(predictions.size());
  evaluation.patients = static_cast<int64_t>(clusters.patients);
  evaluation.by_patient = clusters.patients > 0;
  for (size_t c = 0; c < predictions.classes.size(); ++c)
    evaluation.classes[c].name = predictions.classes[c];
  add_intervals(evaluation, scorer, clusters, options);
  add_calibration(evaluation, predictions);
  add_notes(evaluation);
  return evaluation;
}

}  // namespace

Evaluation evaluate(const Predictions& predictions, const EvaluationOptions& options) {
  check_predictions(predictions);
  const auto thresholds = thresholds_for(predictions, options.thresholds);
  std::vector<Subgroup> groups;
  for (const std::string& specification : options.subgroups)
    for (Subgroup& group : subgroups(predictions, specification))
      groups.push_back(std::move(group));

  Evaluation evaluation = evaluate_rows(predictions, thresholds, options);
  for (const Subgroup& group : groups) {
    Evaluation part = evaluate_rows(select_rows(predictions, group.rows), thresholds, options);
    evaluation.subgroups.push_back({group.column, group.value, part.images, part.patients,
                                    part.mean_auc, part.accuracy, std::move(part.classes)});
  }
  return evaluation;
}

}  // namespace evax::metrics
