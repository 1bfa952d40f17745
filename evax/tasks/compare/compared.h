#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "evax/core/error.h"
#include "evax/metrics/difference.h"

namespace evax::tasks {

/// A file with one model's predictions for a test set.
struct Side {
  std::string source;    // as a person wrote it
  std::string file;      // its predictions.csv
  std::string protocol;  // of the metrics.json beside it; empty where there is none
};

/// What `evax compare` says of two models.
struct Compared {
  metrics::ComparedImages images;
  std::vector<std::pair<std::string, metrics::Difference>> rows;
  std::vector<std::string> notes;  // sentences below the table, the first on p
  nlohmann::ordered_json json;     // of the figures
};

/// Classifiers: areas under the curve, accuracy. Throws Error naming the file, or both models where
/// their test sets differ.
Compared compare_findings(const Side& a, const Side& b, const metrics::BootstrapOptions& options);
/// Segmentation models: Dice and Jaccard. Throws Error likewise.
Compared compare_masks(const Side& a, const Side& b, const metrics::BootstrapOptions& options);

/// {a, b, difference, difference_ci, p, test}; undefined is null.
nlohmann::ordered_json difference_json(const metrics::Difference& difference, const char* test);

inline constexpr const char* by_bootstrap = "paired bootstrap";

/// metrics::compare, its errors under the names of both models.
template <typename Predictions>
auto compare_named(const Side& a, const Predictions& of_a, const Side& b, const Predictions& of_b,
                   const metrics::BootstrapOptions& options) {
  try {
    return compare(of_a, of_b, options);
  } catch (const Error& error) {
    fail("{} and {}: {}", a.source, b.source, error.what());
  }
}

}  // namespace evax::tasks
