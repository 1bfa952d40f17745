#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace evax::metrics {

/// Area under the ROC curve by the rank sum, ties counted half: scikit-learn's roc_auc_score.
/// Rows whose label is NaN do not count; labels above 0.5 are positive. Empty where a class is
/// absent.
std::optional<double> roc_auc(std::span<const float> labels, std::span<const float> scores);

/// roc_auc of every column of row-major labels and scores [rows, classes].
std::vector<std::optional<double>> roc_auc_per_class(std::span<const float> labels,
                                                     std::span<const float> scores, size_t classes);

/// Mean of the defined ones; empty when none is.
std::optional<double> mean_defined(std::span<const std::optional<double>> values);

/// Share of rows whose largest score is at the largest label: top-1 accuracy. [rows, classes].
double top1_accuracy(std::span<const float> labels, std::span<const float> scores, size_t classes);

}  // namespace evax::metrics
