#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "evax/data/dataset.h"

namespace evax::data {

/// How often a class is there, is not, and does not count (-1, or NaN: uncertain under the policy
/// `ignore`). A smoothed target counts for the side of 0.5 it is on.
struct LabelCount {
  size_t positive = 0;
  size_t negative = 0;
  size_t uncertain = 0;
};

/// What a list holds, without opening an image. The labels of a segmentation list are not counted.
struct Summary {
  size_t images = 0;
  size_t patients = 0;             // that are known
  size_t without_patient = 0;      // images
  std::vector<LabelCount> labels;  // per class
};

Summary summarise(const Dataset& dataset);

/// What a person should see of a list before it is used, in lines of some 300 bytes: "train: 14
/// images; positive: Normal 7, Pneumonia 7", "train: kept as they are: age, sex".
std::vector<std::string> summary_lines(const std::string& name, const Dataset& dataset);

}  // namespace evax::data
