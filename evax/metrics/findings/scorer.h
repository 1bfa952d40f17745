#pragma once

#include <optional>
#include <span>
#include <vector>

#include "evax/metrics/findings/evaluation.h"
#include "evax/metrics/findings/ranking.h"

namespace evax::metrics {

/// Predictions sorted once per class, so that every resample of their rows is scored in one pass.
/// Thread-safe.
class Scorer {
 public:
  /// `thresholds`: one per class; none where calls are the argmax or do not matter.
  Scorer(const Predictions& predictions, std::vector<double> thresholds);

  /// Counts, confusions and the values of all figures of the rows counted multiplicity[row] times
  /// each; of every row once where `multiplicity` is empty. No names, intervals, calibration.
  Evaluation score(std::span<const uint32_t> multiplicity = {}) const;

 private:
  template <typename Count>
  Evaluation score_rows(Count count) const;
  template <typename Count>
  void score_class(size_t index, Count count, ClassFigures& figures) const;
  template <typename Count>
  void score_exclusive(Count count, Evaluation& evaluation) const;

  size_t classes_;
  bool exclusive_;
  std::vector<double> thresholds_;
  std::vector<Ranking> rankings_;
  std::vector<uint32_t> called_;  // how many rows from the top of the ranking are called positive
  std::vector<int32_t> truth_, most_probable_;  // exclusive
};

/// All figures that get an interval, in a fixed order.
std::vector<Figure*> figures_of(Evaluation& evaluation);

}  // namespace evax::metrics
