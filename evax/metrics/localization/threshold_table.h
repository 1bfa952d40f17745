#pragma once

#include <array>
#include <optional>
#include <vector>

#include "evax/metrics/segmentation/threshold_search.h"

namespace evax::metrics {

/// The figures of boxes at one threshold of their heat maps (spec E).
struct LocalizationRow {
  double threshold = 0;
  double miou = 0;  // mean intersection over union of the pixels above it with the box
  double ap25 = 0;  // share of boxes with more than .25
  double ap50 = 0;  // with more than .5
  double map() const { return (ap25 + ap50) / 2; }
};

/// How well heat maps find boxes at the thresholds 0.01, 0.02, ..., 0.99.
class ThresholdTable {
 public:
  /// One box: the counts of its heat map's pixels.
  void add(const ThresholdSearch& pixels);

  /// Rows for the first `count` thresholds; none without a box.
  std::vector<LocalizationRow> rows(size_t count = ThresholdSearch::size) const;

 private:
  struct Sums {
    double iou = 0;
    int64_t above25 = 0, above50 = 0;
  };
  std::array<Sums, ThresholdSearch::size> sums_{};
  int64_t boxes_ = 0;
};

/// The thresholds of the original's search: 0.01 to 0.60.
inline constexpr size_t paper_thresholds = 60;

/// What decides between thresholds of the same mAP, of which few boxes leave many: the original
/// takes the lowest.
enum class Ties { lowest, miou };

/// The row of the largest mAP; null without rows.
const LocalizationRow* best_row(const std::vector<LocalizationRow>& rows, Ties ties);

}  // namespace evax::metrics
