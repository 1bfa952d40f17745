#pragma once

#include "evax/tasks/data/data_source.h"

namespace evax::tasks {

struct DataSplitOptions {
  DataSource source;   // with a training list (or folder) alone, which is split
  std::string output;  // folder
};

/// Deals a list out at random, no patient twice, and writes train.csv, val.csv and test.csv of the
/// kind csv: path (relative to data.images, else to the output folder), mask of a segmentation list
/// (relative to data.masks, else as path), patient where known, labels.
void data_split(const DataSplitOptions& options);

}  // namespace evax::tasks
