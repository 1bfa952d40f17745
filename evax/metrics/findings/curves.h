#pragma once

#include <optional>
#include <vector>

#include "evax/metrics/findings/ranking.h"

namespace evax::metrics {

/// A row is called positive when its score is at least the threshold.
struct RocPoint {
  double false_positive_rate, true_positive_rate, threshold;
};
struct PrecisionRecallPoint {
  double recall, precision, threshold;
};

/// scikit-learn's roc_curve with every threshold: falling thresholds, the first point at (0, 0) and
/// +infinity. Empty where a class is absent. `scores` are those that were ranked.
std::vector<RocPoint> roc_curve(const Ranking& ranking, std::span<const double> scores);

/// scikit-learn's precision_recall_curve, falling thresholds: the first point is recall 0,
/// precision 1, +infinity. Empty where a class is absent.
std::vector<PrecisionRecallPoint> precision_recall_curve(const Ranking& ranking,
                                                         std::span<const double> scores);

/// Gathers average precision from the runs of a ranking: the precision at each threshold weighted
/// by the gain in recall.
class AveragePrecisionSum {
 public:
  void add(const Run& run) {
    counts_ = {run.positives_above + run.positives, run.negatives_above + run.negatives};
    if (run.positives == 0) return;
    const auto called = static_cast<double>(counts_.positives + counts_.negatives);
    sum_ += static_cast<double>(run.positives * counts_.positives) / called;
  }
  std::optional<double> value() const;

 private:
  Counts counts_;
  double sum_ = 0;
};

/// scikit-learn's average_precision_score. Empty where a class is absent: without negatives it is 1
/// whatever the scores are.
std::optional<double> average_precision(const Ranking& ranking);

}  // namespace evax::metrics
