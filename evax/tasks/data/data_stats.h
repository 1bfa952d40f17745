#pragma once

#include "evax/tasks/data/data_source.h"

namespace evax::tasks {

struct DataStatsOptions {
  DataSource source;
  bool json = false;
  size_t threads = 0;  // 0: all the process may use
};

/// Prints, for every list, mean and standard deviation of all pixels scaled to [0, 1], sizes and
/// label counts. Nothing is cut out for validation. Exit code 3 when a file could not be read.
int data_stats(const DataStatsOptions& options);

}  // namespace evax::tasks
