#include "evax/metrics/auc.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evax::metrics {

std::optional<double> roc_auc(std::span<const float> labels, std::span<const float> scores) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < labels.size(); ++i)
    if (!std::isnan(labels[i])) rows.push_back(i);
  std::sort(rows.begin(), rows.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });

  double positives = 0;
  double rank_sum = 0;  // of the positives; a run of equal scores shares its mean rank
  for (size_t start = 0; start < rows.size();) {
    size_t end = start;
    double positive = 0;
    for (; end < rows.size() && scores[rows[end]] == scores[rows[start]]; ++end)
      if (labels[rows[end]] > 0.5F) ++positive;
    rank_sum += positive * (static_cast<double>(start + end + 1) / 2);
    positives += positive;
    start = end;
  }
  const double negatives = static_cast<double>(rows.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

std::vector<std::optional<double>> roc_auc_per_class(std::span<const float> labels,
                                                     std::span<const float> scores,
                                                     size_t classes) {
  const size_t rows = labels.size() / classes;
  std::vector<std::optional<double>> areas;
  std::vector<float> label(rows);
  std::vector<float> score(rows);
  for (size_t c = 0; c < classes; ++c) {
    for (size_t i = 0; i < rows; ++i) {
      label[i] = labels[i * classes + c];
      score[i] = scores[i * classes + c];
    }
    areas.push_back(roc_auc(label, score));
  }
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

double top1_accuracy(std::span<const float> labels, std::span<const float> scores, size_t classes) {
  const size_t rows = labels.size() / classes;
  size_t right = 0;
  for (size_t i = 0; i < rows; ++i) {
    const auto label = labels.subspan(i * classes, classes);
    const auto score = scores.subspan(i * classes, classes);
    right += std::max_element(label.begin(), label.end()) - label.begin() ==
             std::max_element(score.begin(), score.end()) - score.begin();
  }
  return rows == 0 ? 0 : static_cast<double>(right) / static_cast<double>(rows);
}

}  // namespace evax::metrics
