#include "evax/metrics/findings/predictions.h"

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"

namespace evax::metrics {
namespace {

void check_length(const std::string& what, size_t found, size_t expected) {
  if (found != expected) fail("{}: expected {} values, found {}", what, expected, found);
}

void check_one_hot(const std::string& path, std::span<const float> labels) {
  const auto ones = std::count(labels.begin(), labels.end(), 1.F);
  const auto unknown =
      std::count_if(labels.begin(), labels.end(), [](float label) { return std::isnan(label); });
  if (unknown == static_cast<std::ptrdiff_t>(labels.size())) return;
  if (ones != 1 || unknown != 0)
    fail("{}: expected exactly one of {} exclusive classes as its label, found {}{}", path,
         labels.size(), ones, unknown == 0 ? "" : fmt::format(" and {} unknown", unknown));
}

}  // namespace

void check_predictions(const Predictions& predictions) {
  const size_t rows = predictions.size();
  const size_t classes = predictions.classes.size();
  if (classes == 0) fail("predictions: expected at least one class, found none");
  check_length("labels", predictions.labels.size(), rows * classes);
  check_length("probabilities", predictions.probabilities.size(), rows * classes);
  if (!predictions.patients.empty()) check_length("patients", predictions.patients.size(), rows);
  for (const auto& [name, values] : predictions.meta) check_length(name, values.size(), rows);

  for (size_t row = 0; row < rows; ++row) {
    const std::string& path = predictions.paths[row];
    const std::span labels = std::span(predictions.labels).subspan(row * classes, classes);
    for (size_t c = 0; c < classes; ++c) {
      const double probability = predictions.probabilities[row * classes + c];
      if (!(probability >= 0 && probability <= 1))
        fail("{}: {}: expected a probability from 0 to 1, found {}", path, predictions.classes[c],
             probability);
      if (labels[c] != 0 && labels[c] != 1 && !std::isnan(labels[c]))
        fail("{}: {}: expected a label of 0 or 1, found {}", path, predictions.classes[c],
             labels[c]);
    }
    if (predictions.exclusive) check_one_hot(path, labels);
  }
}

Predictions select_rows(const Predictions& predictions, std::span<const uint32_t> rows) {
  Predictions selected;
  selected.exclusive = predictions.exclusive;
  selected.classes = predictions.classes;
  const size_t classes = predictions.classes.size();
  for (const uint32_t row : rows) {
    selected.paths.push_back(predictions.paths[row]);
    if (!predictions.patients.empty()) selected.patients.push_back(predictions.patients[row]);
    for (size_t i = row * classes; i < (row + size_t{1}) * classes; ++i) {
      selected.labels.push_back(predictions.labels[i]);
      selected.probabilities.push_back(predictions.probabilities[i]);
    }
  }
  return selected;
}

}  // namespace evax::metrics
