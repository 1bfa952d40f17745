#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace evax::tasks {

struct DataBenchOptions {
  std::string dataset;                 // a TOML file with [data]; [augment], [preprocess] if any
  std::vector<std::string> overrides;  // "augment.auto_augment=''"
  size_t images = 256;                 // of the data set, spread over it
  int size = 336;                      // of the shards they are packed into for a while
  double seconds = 2;                  // measured for each row, spread over interleaved rounds
  bool json = false;
};

/// `evax data bench`: how many images a second the loader deals out from loose files and from
/// shards, with the evaluation and the training transform, on one and on all threads; and where the
/// time of one image goes on one thread. Files are in the page cache: disks are not measured.
void data_bench(const DataBenchOptions& options);

}  // namespace evax::tasks
