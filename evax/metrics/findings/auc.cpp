#include "evax/metrics/findings/auc.h"

#include "evax/metrics/findings/predictions.h"

namespace evax::metrics {

std::optional<double> AucSum::value() const {
  if (positives_ == 0 || negatives_ == 0) return std::nullopt;
  const double pairs = static_cast<double>(positives_) * static_cast<double>(negatives_);
  return static_cast<double>(twice_right_) / (2 * pairs);
}

std::optional<double> roc_auc(const Ranking& ranking) {
  AucSum sum;
  for_each_run(ranking, Once{}, [&](const Run& run) { sum.add(run); });
  return sum.value();
}

std::optional<double> roc_auc(std::span<const float> labels, std::span<const double> scores) {
  return roc_auc(rank(labels, scores));
}

std::vector<std::optional<double>> roc_auc_per_class(std::span<const float> labels,
                                                     std::span<const double> scores,
                                                     size_t classes) {
  std::vector<std::optional<double>> areas;
  for (size_t c = 0; c < classes; ++c)
    areas.push_back(roc_auc(column(labels, classes, c), column(scores, classes, c)));
  return areas;
}

std::optional<double> mean_defined(std::span<const std::optional<double>> values) {
  double sum = 0;
  size_t count = 0;
  for (const auto& value : values) {
    if (!value) continue;
    sum += *value;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace evax::metrics
