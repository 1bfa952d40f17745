#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evax/metrics/findings/predictions.h"

namespace evax::metrics {

/// How a threshold is chosen from scores and labels. A row is called positive when its score is at
/// least the threshold.
struct ThresholdRule {
  enum class Kind {
    youden,       // the first maximum of sensitivity + specificity - 1 (Youden, Cancer 1950)
    sensitivity,  // the highest threshold whose sensitivity is at least `sensitivity`
  };
  Kind kind = Kind::youden;
  double sensitivity = 0.95;  // in (0, 1]
};

/// "youden" or "sensitivity=0.95". Throws UsageError.
ThresholdRule parse_threshold_rule(const std::string& text);
/// The rule as it is parsed.
std::string name_of(const ThresholdRule& rule);

/// The threshold the rule finds: always one of the scores. Empty where a class is absent. Labels as
/// in roc_auc.
std::optional<double> find_threshold(std::span<const float> labels, std::span<const double> scores,
                                     const ThresholdRule& rule);

/// One per class. With two exclusive classes the second has the threshold, the first 1 minus it.
/// Throws Error for more than two exclusive classes, whose call is the argmax.
std::vector<std::optional<double>> find_thresholds(const Predictions& predictions,
                                                   const ThresholdRule& rule);

}  // namespace evax::metrics
