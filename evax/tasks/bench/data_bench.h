#pragma once

#include <cstddef>

#include "evax/tasks/data/data_source.h"

namespace evax::tasks {

struct DataBenchOptions {
  DataSource source;   // its tables [augment] (default: timm's) and [preprocess] count too
  size_t count = 256;  // images of the data set, spread over it
  int size = 336;      // of the shards they are packed into for a while
  double seconds = 2;  // measured for each row, spread over interleaved rounds
  bool json = false;
};

/// `evax data bench`: how many images a second the loader delivers from loose files and from
/// shards, with the evaluation and the training transform, on one and on all threads; and where the
/// time of one image is spent on one thread. Files are in the page cache: disks are not measured.
void data_bench(const DataBenchOptions& options);

}  // namespace evax::tasks
