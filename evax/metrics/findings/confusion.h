#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evax::metrics {

/// Calls at a threshold against the truth.
struct Confusion {
  int64_t true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;
};

/// Empty where the denominator is 0.
std::optional<double> sensitivity(const Confusion& confusion);
std::optional<double> specificity(const Confusion& confusion);
std::optional<double> ppv(const Confusion& confusion);
std::optional<double> npv(const Confusion& confusion);
std::optional<double> f1(const Confusion& confusion);
std::optional<double> accuracy(const Confusion& confusion);

/// Exclusive classes: rows are the truth, columns what was called.
struct ConfusionMatrix {
  size_t classes = 0;
  std::vector<int64_t> counts;  // [classes, classes]

  explicit ConfusionMatrix(size_t n) : classes(n), counts(n * n) {}
  int64_t& at(size_t truth, size_t called) { return counts[truth * classes + called]; }
  int64_t at(size_t truth, size_t called) const { return counts[truth * classes + called]; }
};

/// One class of the matrix against the rest.
Confusion one_against_rest(const ConfusionMatrix& matrix, size_t index);

/// Share of rows on the diagonal; empty where there is no row.
std::optional<double> accuracy(const ConfusionMatrix& matrix);

/// Mean sensitivity of the classes that are there: scikit-learn's balanced_accuracy_score.
std::optional<double> balanced_accuracy(const ConfusionMatrix& matrix);

/// The class of every row of one-hot labels [rows, classes]; -1 for a row of NaN, which does not
/// count.
std::vector<int32_t> true_classes(std::span<const float> labels, size_t classes);

/// The first largest of every row [rows, classes].
std::vector<int32_t> most_probable_classes(std::span<const double> scores, size_t classes);

/// Share of rows whose largest score is at the label: top-1 accuracy. [rows, classes].
std::optional<double> top1_accuracy(std::span<const float> labels, std::span<const double> scores,
                                    size_t classes);

/// The matrix of rows counted count(row) times each.
template <typename Count>
ConfusionMatrix confusion_matrix(std::span<const int32_t> truth, std::span<const int32_t> called,
                                 size_t classes, Count count) {
  ConfusionMatrix matrix(classes);
  for (uint32_t row = 0; row < truth.size(); ++row)
    if (truth[row] >= 0)
      matrix.at(static_cast<size_t>(truth[row]), static_cast<size_t>(called[row])) += count(row);
  return matrix;
}

}  // namespace evax::metrics
