#pragma once

#include <cstddef>
#include <string>

namespace evax::tasks {

struct DataMergeOptions {
  std::string folder;
  size_t threads = 0;  // 0: all the process may use
};

/// `evax data merge`: which of the images that were packed for a corpus belong to it
/// (docs/corpus.md). Prints counts per source and reason. Returns the exit code: 3 when files could
/// not be read; missing ones are counted alone.
int data_merge(const DataMergeOptions& options);

}  // namespace evax::tasks
