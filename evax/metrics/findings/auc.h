#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "evax/metrics/findings/ranking.h"

namespace evax::metrics {

/// Gathers the area under the ROC curve from the runs of a ranking: pairs in the right order, ties
/// counted half. Whole numbers throughout, hence exact.
class AucSum {
 public:
  void add(const Run& run) {
    twice_right_ += run.negatives * (2 * run.positives_above + run.positives);
    positives_ = run.positives_above + run.positives;
    negatives_ = run.negatives_above + run.negatives;
  }
  std::optional<double> value() const;

 private:
  int64_t twice_right_ = 0, positives_ = 0, negatives_ = 0;
};

/// Area under the ROC curve: scikit-learn's roc_auc_score. Empty where a class is absent.
std::optional<double> roc_auc(const Ranking& ranking);

/// The same of labels (above 0.5 is positive, NaN does not count) and scores. Empty where a score
/// is NaN, too.
std::optional<double> roc_auc(std::span<const float> labels, std::span<const double> scores);

/// roc_auc of every column of row-major labels and scores [rows, classes].
std::vector<std::optional<double>> roc_auc_per_class(std::span<const float> labels,
                                                     std::span<const double> scores,
                                                     size_t classes);

/// Mean of the defined ones; empty when none is.
std::optional<double> mean_defined(std::span<const std::optional<double>> values);

}  // namespace evax::metrics
