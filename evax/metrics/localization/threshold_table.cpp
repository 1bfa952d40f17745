#include "evax/metrics/localization/threshold_table.h"

#include <algorithm>

namespace evax::metrics {

void ThresholdTable::add(const ThresholdSearch& pixels) {
  ++boxes_;
  for (size_t i = 0; i < sums_.size(); ++i) {
    const double iou = jaccard(pixels.counts(i)).value_or(0);
    sums_[i].iou += iou;
    sums_[i].above25 += iou > 0.25;
    sums_[i].above50 += iou > 0.5;
  }
}

std::vector<LocalizationRow> ThresholdTable::rows(size_t count) const {
  std::vector<LocalizationRow> rows;
  if (boxes_ == 0) return rows;
  const auto boxes = static_cast<double>(boxes_);
  for (size_t i = 0; i < std::min(count, sums_.size()); ++i)
    rows.push_back({ThresholdSearch::threshold(i), sums_[i].iou / boxes,
                    static_cast<double>(sums_[i].above25) / boxes,
                    static_cast<double>(sums_[i].above50) / boxes});
  return rows;
}

const LocalizationRow* best_row(const std::vector<LocalizationRow>& rows, Ties ties) {
  const auto is_worse = [ties](const LocalizationRow& a, const LocalizationRow& b) {
    if (a.map() != b.map()) return a.map() < b.map();
    return ties == Ties::miou && a.miou < b.miou;
  };
  const auto best = std::max_element(rows.begin(), rows.end(), is_worse);
  return best == rows.end() ? nullptr : &*best;
}

}  // namespace evax::metrics
