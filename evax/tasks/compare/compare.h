#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace evax::tasks {

struct CompareOptions {
  std::string a, b;     // folders with a predictions.csv, or such files themselves
  size_t draws = 2000;  // of the bootstrap; 0: no intervals, no p but DeLong's
  uint64_t seed = 0;
  bool json = false;
  size_t threads = 0;  // 0: all
};

/// `evax compare`: how two classifiers, or two segmentation models, differ on one test set, with
/// intervals and p-values (docs/evaluation.md). Throws Error naming both when kinds, classes,
/// images or labels are not the same.
void compare(const CompareOptions& options);

}  // namespace evax::tasks
