#pragma once

#include "evax/tasks/data/data_source.h"

namespace evax::tasks {

struct DataCheckOptions {
  DataSource source;
  bool json = false;
  size_t threads = 0;  // 0: all the process may use
};

/// Opens every image of every list and prints what is wrong with them. Exit code: 1 when a patient
/// or an image is in two lists (unless allow_leak), or an image in one list twice with opposite
/// labels, 3 when a file is missing or unreadable, else 0.
int data_check(const DataCheckOptions& options);

}  // namespace evax::tasks
