#include "evax/metrics/findings/compare.h"

#include "evax/metrics/findings/delong.h"
#include "evax/metrics/findings/scorer.h"

namespace evax::metrics {
namespace {

// What is compared, in a fixed order: mean AUC, accuracy, the AUC of every class.
std::vector<std::optional<double>> compared(const Evaluation& evaluation) {
  std::vector<std::optional<double>> values{evaluation.mean_auc.value, evaluation.accuracy.value};
  for (const ClassFigures& figures : evaluation.classes) values.push_back(figures.auc.value);
  return values;
}

std::optional<double> delong_p(const Predictions& a, const Predictions& b, size_t index) {
  const size_t classes = a.classes.size();
  const auto test = delong_test(column<float>(a.labels, classes, index),
                                column<double>(a.probabilities, classes, index),
                                column<double>(b.probabilities, classes, index));
  return test ? test->p : std::nullopt;
}

}  // namespace

Comparison compare(const Predictions& a, const Predictions& other,
                   const BootstrapOptions& options) {
  check_predictions(a);
  check_predictions(other);
  const Predictions b = select_rows(other, check_same_test_set(a, other));
  const Clusters clusters = cluster_by_patient(a.patients, a.size());
  const auto figures_of = [](const Scorer& scorer) -> Figures {
    return [&scorer](std::span<const uint32_t> multiplicity) {
      return compared(scorer.score(multiplicity));
    };
  };
  const Scorer scorer_a(a, {});
  const Scorer scorer_b(b, {});
  const auto found =
      paired_bootstrap(clusters, figures_of(scorer_a), figures_of(scorer_b), options);

  Comparison comparison{compared_images(clusters), found[0], found[1], {}};
  for (size_t c = 0; c < a.classes.size(); ++c) {
    comparison.classes.push_back({a.classes[c], found[2 + c]});
    comparison.classes[c].auc.p = delong_p(a, b, c);
  }
  return comparison;
}

}  // namespace evax::metrics
