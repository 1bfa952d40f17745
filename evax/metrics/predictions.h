#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace evax::metrics {

/// What a model said about the images of a test set, and the truth. n images, C classes; matrices
/// are row-major [n, C].
struct Predictions {
  bool exclusive = false;  // one class per image (multiclass); otherwise independent findings
  std::vector<std::string> classes;
  std::vector<std::string> paths;
  std::vector<std::string> patients;  // [n]; empty where no patient is known, or no vector at all
  std::vector<float> labels;          // 1 or 0; NaN does not count; exclusive: one-hot
  std::vector<double> probabilities;
  std::map<std::string, std::vector<std::string>> meta;  // column -> [n]: sex, age, view, ...

  size_t size() const { return paths.size(); }
};

}  // namespace evax::metrics
