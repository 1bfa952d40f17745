#include "evax/metrics/findings/ranking.h"

#include <algorithm>

namespace evax::metrics {

Ranking rank(std::span<const float> labels, std::span<const double> scores) {
  Ranking ranking;
  for (uint32_t i = 0; i < labels.size(); ++i)
    if (!std::isnan(labels[i])) ranking.rows.push_back(i);
  auto& rows = ranking.rows;
  if (std::any_of(rows.begin(), rows.end(), [&](uint32_t row) { return std::isnan(scores[row]); }))
    return {};
  std::stable_sort(rows.begin(), rows.end(),
                   [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  for (uint32_t i = 0; i < rows.size(); ++i) {
    ranking.positive.push_back(labels[rows[i]] > 0.5F);
    if (i + 1 == rows.size() || scores[rows[i + 1]] != scores[rows[i]])
      ranking.run_ends.push_back(i + 1);
  }
  return ranking;
}

Counts count(const Ranking& ranking) {
  const auto positives = std::count(ranking.positive.begin(), ranking.positive.end(), 1);
  return {positives, static_cast<int64_t>(ranking.rows.size()) - positives};
}

}  // namespace evax::metrics
