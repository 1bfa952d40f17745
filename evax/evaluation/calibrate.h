#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/evaluation/scored.h"
#include "evax/metrics/findings/thresholds.h"

namespace evax::evaluation {

/// What is chosen on a validation set before the test set is used.
struct Calibration {
  double temperature = 1;          // logits are divided by it
  std::vector<double> thresholds;  // one per class; empty for more than two exclusive classes
  std::vector<std::string> notes;  // one sentence each: a class that is absent, ...
};

/// The temperature that fits the validation set best (Guo et al. 2017), 1 where none does.
double fit_temperature(const data::Dataset& validation, const Scored& scored);

/// The thresholds that `rule` finds on the validation set at this temperature; 0.5 where a class is
/// absent from it.
Calibration choose_thresholds(const data::Dataset& validation, const Scored& scored,
                              double temperature, const metrics::ThresholdRule& rule);

}  // namespace evax::evaluation
