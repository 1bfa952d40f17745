#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace evax::metrics {

/// A model's predictions for the images of a test set, and the truth. n images, C classes; matrices
/// are row-major [n, C].
struct Predictions {
  bool exclusive = false;  // one class per image (multiclass); otherwise independent findings
  std::vector<std::string> classes;
  std::vector<std::string> paths;
  std::vector<std::string> patients;  // [n]; empty where no patient is known, or no vector at all
  std::vector<float> labels;  // 1 or 0; NaN does not count; exclusive: one-hot, or NaN throughout
  std::vector<double> probabilities;
  std::map<std::string, std::vector<std::string>> meta;  // column -> [n]: sex, age, view, ...

  size_t size() const { return paths.size(); }
};

/// Throws Error, naming image and class, for a probability that is not in [0, 1] or a label that is
/// none, and for vectors whose length does not fit.
void check_predictions(const Predictions& predictions);

/// The predictions of some rows, without `meta`.
Predictions select_rows(const Predictions& predictions, std::span<const uint32_t> rows);

/// One column of a row-major matrix [rows, columns].
template <typename T>
std::vector<T> column(std::span<const T> matrix, size_t columns, size_t index) {
  std::vector<T> values;
  values.reserve(matrix.size() / columns);
  for (size_t i = index; i < matrix.size(); i += columns) values.push_back(matrix[i]);
  return values;
}

}  // namespace evax::metrics
