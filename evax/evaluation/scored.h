#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/metrics/findings/predictions.h"

namespace evax::evaluation {

/// What a network gave for a data set.
struct Scored {
  std::vector<uint32_t> samples;  // [n], in the list's order; without those that cannot be read
  std::vector<float> logits;      // [n, classes]
  std::vector<std::pair<std::string, std::string>> unreadable;  // path, reason
};

/// Throws Error, naming the first, when more than 1 % of the images could not be read.
/// `unreadable`: path and reason.
void check_readable(const data::Dataset& dataset,
                    const std::vector<std::pair<std::string, std::string>>& unreadable);

/// How logits become probabilities.
struct Link {
  double temperature = 1;
  bool sigmoid = false;  // of exclusive classes too, as the original's AUC (spec C.6)
};

/// The scored images with their truths, patients and columns; paths are relative to `folder` where
/// they lie below it.
metrics::Predictions predictions_of(const data::Dataset& dataset, const Scored& scored,
                                    const Link& link, const std::string& folder);

}  // namespace evax::evaluation
