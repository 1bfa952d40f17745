#include "evax/metrics/segmentation/threshold_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evax::metrics {
namespace {

const std::array<float, ThresholdSearch::size> limits = [] {
  std::array<float, ThresholdSearch::size> values{};
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(ThresholdSearch::threshold(i));
  return values;
}();

// NaN is above none.
size_t thresholds_below(float probability) {
  const auto below = [probability](float limit) { return probability > limit; };
  return static_cast<size_t>(std::partition_point(limits.begin(), limits.end(), below) -
                             limits.begin());
}

}  // namespace

void ThresholdSearch::add(std::span<const float> probabilities, std::span<const uint8_t> labels,
                          uint8_t class_index) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignored_label) continue;
    ++(labels[i] == class_index ? inside_ : outside_)[thresholds_below(probabilities[i])];
  }
}

PixelCounts ThresholdSearch::counts(size_t index) const {
  const auto first = static_cast<ptrdiff_t>(index + 1);
  PixelCounts counts;
  counts.intersection = std::accumulate(inside_.begin() + first, inside_.end(), int64_t{0});
  counts.prediction =
      counts.intersection + std::accumulate(outside_.begin() + first, outside_.end(), int64_t{0});
  counts.label = std::accumulate(inside_.begin(), inside_.end(), int64_t{0});
  return counts;
}

std::optional<double> ThresholdSearch::best() const {
  std::optional<double> best;
  double best_dice = -1;
  for (size_t i = 0; i < size; ++i) {
    const PixelCounts here = counts(i);
    if (here.label == 0) return std::nullopt;
    const double value = *dice(here);
    const bool nearer =
        best && value == best_dice && std::abs(threshold(i) - 0.5) < std::abs(*best - 0.5);
    if (value <= best_dice && !nearer) continue;
    best = threshold(i);
    best_dice = value;
  }
  return best;
}

}  // namespace evax::metrics
