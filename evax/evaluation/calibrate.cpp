#include "evax/evaluation/calibrate.h"

#include <fmt/format.h>

#include "evax/metrics/findings/temperature.h"

namespace evax::evaluation {
namespace {

constexpr double default_threshold = 0.5;

bool is_exclusive(const data::Dataset& dataset) {
  return dataset.task == weights::Task::multiclass;
}

}  // namespace

double fit_temperature(const data::Dataset& validation, const Scored& scored) {
  const metrics::Predictions predictions = predictions_of(validation, scored, {}, "");
  const std::vector<double> logits(scored.logits.begin(), scored.logits.end());
  return metrics::fit_temperature(predictions.labels, logits, validation.classes.size(),
                                  is_exclusive(validation))
      .value_or(1);
}

Calibration choose_thresholds(const data::Dataset& validation, const Scored& scored,
                              double temperature, const metrics::ThresholdRule& rule) {
  Calibration calibration;
  calibration.temperature = temperature;
  if (is_exclusive(validation) && validation.classes.size() > 2) return calibration;
  const metrics::Predictions predictions =
      predictions_of(validation, scored, {.temperature = temperature}, "");
  const auto found = metrics::find_thresholds(predictions, rule);
  for (size_t c = 0; c < found.size(); ++c) {
    if (!found[c])
      calibration.notes.push_back(
          fmt::format("{}: the validation set has one label only: threshold {}",
                      validation.classes[c], default_threshold));
    calibration.thresholds.push_back(found[c].value_or(default_threshold));
  }
  return calibration;
}

}  // namespace evax::evaluation
