#pragma once

#include <string>

#include "evax/metrics/findings/predictions.h"

namespace evax::report {

/// predictions.csv (docs/evaluation.md): `path`, for each class `label_NAME` (blank: not labelled)
/// and `prob_NAME` in the shortest decimals that read back as the same numbers; exclusive classes
/// have `label` and `predicted` (the argmax) too; then `patient` where one is known, then the
/// columns of `meta`. Throws Error for classes and columns whose names would be taken for one
/// another.
std::string predictions_csv(const metrics::Predictions& predictions);

/// Reads what predictions_csv wrote. Throws Error naming file and line for a column that is
/// missing, a probability that is none, a label other than 0, 1 or blank.
metrics::Predictions read_predictions(const std::string& path);

}  // namespace evax::report
