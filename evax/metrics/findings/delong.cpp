#include "evax/metrics/findings/delong.h"

#include <cmath>
#include <numbers>

#include "evax/metrics/findings/ranking.h"

namespace evax::metrics {
namespace {

// Per row of the test set: the share of rows of the other class that it is on the right side of,
// ties counted half (the structural components V10 and V01). Their mean over one class is the area.
std::vector<double> placements(const Ranking& ranking, const Counts& counts, size_t rows) {
  std::vector<double> placement(rows);
  const auto positives = static_cast<double>(counts.positives);
  const auto negatives = static_cast<double>(counts.negatives);
  uint32_t i = 0;
  for_each_run(ranking, Once{}, [&](const Run& run) {
    const double above_negative =
        static_cast<double>(run.positives_above) + static_cast<double>(run.positives) / 2;
    const double below_positive = negatives - static_cast<double>(run.negatives_above) -
                                  static_cast<double>(run.negatives) / 2;
    for (; i < run.end; ++i)
      placement[ranking.rows[i]] =
          ranking.positive[i] != 0 ? below_positive / negatives : above_negative / positives;
  });
  return placement;
}

struct Moments {
  double mean = 0;
  double variance_of_mean = 0;
};

Moments moments(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  double squares = 0;
  for (const double value : values) squares += (value - sum / n) * (value - sum / n);
  return {sum / n, squares / (n - 1) / n};
}

// Mean and variance of an area or of a difference of areas, from placements or their differences.
Moments area_moments(std::span<const float> labels, std::span<const double> values) {
  std::vector<double> positives;
  std::vector<double> negatives;
  for (size_t row = 0; row < labels.size(); ++row)
    if (!std::isnan(labels[row]))
      (labels[row] > 0.5F ? positives : negatives).push_back(values[row]);
  const Moments over_positives = moments(positives);
  return {over_positives.mean,
          over_positives.variance_of_mean + moments(negatives).variance_of_mean};
}

// Empty with fewer than two rows of either class.
std::optional<std::vector<double>> placements(std::span<const float> labels,
                                              std::span<const double> scores) {
  const Ranking ranking = rank(labels, scores);
  const Counts counts = count(ranking);
  if (counts.positives < 2 || counts.negatives < 2) return std::nullopt;
  return placements(ranking, counts, labels.size());
}

}  // namespace

std::optional<double> delong_variance(std::span<const float> labels,
                                      std::span<const double> scores) {
  const auto placement = placements(labels, scores);
  if (!placement) return std::nullopt;
  return area_moments(labels, *placement).variance_of_mean;
}

std::optional<DelongTest> delong_test(std::span<const float> labels, std::span<const double> a,
                                      std::span<const double> b) {
  const auto placement_a = placements(labels, a);
  const auto placement_b = placements(labels, b);
  if (!placement_a || !placement_b) return std::nullopt;
  // var(A) + var(B) - 2 cov(A, B) is the variance of the difference of the placements.
  std::vector<double> difference(labels.size());
  for (size_t row = 0; row < labels.size(); ++row)
    difference[row] = (*placement_b)[row] - (*placement_a)[row];

  const Moments area = area_moments(labels, difference);
  DelongTest test{area.mean, std::sqrt(area.variance_of_mean), {}, {}};
  if (test.standard_error > 0) {
    test.z = test.difference / test.standard_error;
    test.p = std::erfc(std::abs(*test.z) / std::numbers::sqrt2);
  } else if (test.difference == 0) {
    test.p = 1;
  }
  return test;
}

}  // namespace evax::metrics
