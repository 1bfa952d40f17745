#include "evax/metrics/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "evax/metrics/delong.h"
#include "evax/metrics/scorer.h"

namespace evax::metrics {
namespace {

// What is compared, in a fixed order: mean AUC, accuracy, the AUC of every class.
std::vector<std::optional<double>> compared(const Evaluation& evaluation) {
  std::vector<std::optional<double>> values{evaluation.mean_auc.value, evaluation.accuracy.value};
  for (const ClassFigures& figures : evaluation.classes) values.push_back(figures.auc.value);
  return values;
}

std::vector<Difference*> differences_of(Comparison& comparison) {
  std::vector<Difference*> differences{&comparison.mean_auc, &comparison.accuracy};
  for (ClassDifference& c : comparison.classes) differences.push_back(&c.auc);
  return differences;
}

std::optional<double> minus(std::optional<double> b, std::optional<double> a) {
  if (!a || !b) return std::nullopt;
  return *b - *a;
}

std::optional<double> delong_p(const Predictions& a, const Predictions& b, size_t index) {
  const size_t classes = a.classes.size();
  const auto test = delong_test(column<float>(a.labels, classes, index),
                                column<double>(a.probabilities, classes, index),
                                column<double>(b.probabilities, classes, index));
  return test ? test->p : std::nullopt;
}

}  // namespace

std::optional<double> bootstrap_p(const std::vector<double>& draws) {
  size_t defined = 0;
  size_t below = 0;
  size_t above = 0;
  for (const double draw : draws) {
    if (std::isnan(draw)) continue;
    ++defined;
    below += draw <= 0;
    above += draw >= 0;
  }
  if (defined == 0 || 2 * defined < draws.size()) return std::nullopt;
  const auto fewer = static_cast<double>(std::min(below, above));
  return std::min(1.0, 2 * (fewer + 1) / (static_cast<double>(defined) + 1));
}

Comparison compare(const Predictions& a, const Predictions& other,
                   const BootstrapOptions& options) {
  check_predictions(a);
  check_predictions(other);
  const Predictions b = select_rows(other, check_same_test_set(a, other));
  const Clusters clusters = cluster_by_patient(a.patients, a.size());
  const Scorer scorer_a(a, {});
  const Scorer scorer_b(b, {});

  Comparison comparison;
  comparison.images = static_cast<int64_t>(a.size());
  comparison.patients = static_cast<int64_t>(clusters.patients);
  comparison.by_patient = clusters.patients > 0;
  for (const std::string& name : a.classes) comparison.classes.push_back({name, {}});

  const auto differences = differences_of(comparison);
  const auto values_a = compared(scorer_a.score());
  const auto values_b = compared(scorer_b.score());
  const auto draws = bootstrap(
      clusters, differences.size(), options,
      [&](std::span<const uint32_t> multiplicity, std::span<double> drawn) {
        const auto draw_a = compared(scorer_a.score(multiplicity));
        const auto draw_b = compared(scorer_b.score(multiplicity));
        for (size_t i = 0; i < drawn.size(); ++i)
          drawn[i] = minus(draw_b[i], draw_a[i]).value_or(std::numeric_limits<double>::quiet_NaN());
      });
  for (size_t i = 0; i < differences.size(); ++i) {
    Difference& difference = *differences[i];
    difference = {values_a[i], values_b[i], minus(values_b[i], values_a[i]),
                  percentile_interval(draws[i]), bootstrap_p(draws[i])};
  }
  for (size_t c = 0; c < a.classes.size(); ++c) comparison.classes[c].auc.p = delong_p(a, b, c);
  return comparison;
}

}  // namespace evax::metrics
