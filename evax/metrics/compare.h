#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evax/metrics/bootstrap.h"
#include "evax/metrics/predictions.h"
#include "evax/metrics/same_test_set.h"

namespace evax::metrics {

/// One figure of two models on the same images. Empty where it is undefined.
struct Difference {
  std::optional<double> a, b;
  std::optional<double> difference;  // b - a
  std::optional<Interval> interval;  // of the difference: 95 %, paired bootstrap
  std::optional<double> p;           // two-sided
};

struct ClassDifference {
  std::string name;
  Difference auc;  // p by DeLong's test, which takes the images as independent
};

struct Comparison {
  int64_t images = 0, patients = 0;  // patients: 0 where unknown
  bool by_patient = false;           // what the bootstrap draws
  Difference mean_auc, accuracy;     // accuracy: exclusive, top-1; p by the bootstrap
  std::vector<ClassDifference> classes;
};

/// Compares two models on the same test set (check_same_test_set): both are scored on the same
/// draws, of the patients that `a` knows. Throws Error as check_predictions does, too.
Comparison compare(const Predictions& a, const Predictions& b, const BootstrapOptions& options);

/// Two-sided bootstrap p-value of a difference: twice the smaller one of the shares of draws at or
/// below 0 and at or above 0, each (count + 1) / (draws + 1), at most 1. Draws that are NaN are
/// left out; empty when they are more than half.
std::optional<double> bootstrap_p(const std::vector<double>& draws);

}  // namespace evax::metrics
