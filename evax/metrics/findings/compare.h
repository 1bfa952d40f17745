#pragma once

#include <string>
#include <vector>

#include "evax/metrics/difference.h"
#include "evax/metrics/findings/predictions.h"
#include "evax/metrics/findings/same_test_set.h"

namespace evax::metrics {

struct ClassDifference {
  std::string name;
  Difference auc;  // p by DeLong's test, which takes the images as independent
};

struct Comparison : ComparedImages {
  Difference mean_auc, accuracy;  // accuracy: exclusive, top-1; p by the bootstrap
  std::vector<ClassDifference> classes;
};

/// Compares two models on the same test set (check_same_test_set): both are scored on the same
/// draws, of the patients that `a` knows. Throws Error as check_predictions does, too.
Comparison compare(const Predictions& a, const Predictions& b, const BootstrapOptions& options);

}  // namespace evax::metrics
