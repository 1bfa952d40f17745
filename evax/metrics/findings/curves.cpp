#include "evax/metrics/findings/curves.h"

#include <limits>

namespace evax::metrics {

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}

std::vector<RocPoint> roc_curve(const Ranking& ranking, std::span<const double> scores) {
  const Counts counts = count(ranking);
  if (!counts.both()) return {};
  std::vector<RocPoint> points{{0, 0, infinity}};
  for_each_run(ranking, Once{}, [&](const Run& run) {
    const auto false_positives = static_cast<double>(run.negatives_above + run.negatives);
    const auto true_positives = static_cast<double>(run.positives_above + run.positives);
    points.push_back({false_positives / static_cast<double>(counts.negatives),
                      true_positives / static_cast<double>(counts.positives),
                      scores[ranking.rows[run.end - 1]]});
  });
  return points;
}

std::vector<PrecisionRecallPoint> precision_recall_curve(const Ranking& ranking,
                                                         std::span<const double> scores) {
  const Counts counts = count(ranking);
  if (!counts.both()) return {};
  std::vector<PrecisionRecallPoint> points{{0, 1, infinity}};
  for_each_run(ranking, Once{}, [&](const Run& run) {
    const auto true_positives = static_cast<double>(run.positives_above + run.positives);
    const auto called = true_positives + static_cast<double>(run.negatives_above + run.negatives);
    points.push_back({true_positives / static_cast<double>(counts.positives),
                      true_positives / called, scores[ranking.rows[run.end - 1]]});
  });
  return points;
}

std::optional<double> AveragePrecisionSum::value() const {
  if (!counts_.both()) return std::nullopt;
  return sum_ / static_cast<double>(counts_.positives);
}

std::optional<double> average_precision(const Ranking& ranking) {
  AveragePrecisionSum sum;
  for_each_run(ranking, Once{}, [&](const Run& run) { sum.add(run); });
  return sum.value();
}

}  // namespace evax::metrics
