#pragma once

#include <optional>
#include <span>

namespace evax::metrics {

/// The comparison of two areas under ROC curves on the same rows.
struct DelongTest {
  double difference;        // b - a
  double standard_error;    // of the difference
  std::optional<double> z;  // empty where the standard error is 0
  std::optional<double> p;  // two-sided, normal; 1 where neither difference nor error is there
};

/// Variance of an area under the ROC curve: DeLong, DeLong and Clarke-Pearson, "Comparing the areas
/// under two or more correlated receiver operating characteristic curves", Biometrics 1988, from
/// ranks as in Sun and Xu, "Fast implementation of DeLong's algorithm", IEEE SPL 2014. It takes the
/// rows as independent: several images of one patient make it too small. Labels as in roc_auc.
/// Empty with fewer than two rows of either class.
std::optional<double> delong_variance(std::span<const float> labels,
                                      std::span<const double> scores);

/// The paired test of two scores of the same rows; the same source, the same caveat.
std::optional<DelongTest> delong_test(std::span<const float> labels, std::span<const double> a,
                                      std::span<const double> b);

}  // namespace evax::metrics
