#pragma once

#include "evax/tasks/run_model.h"

namespace evax::tasks {

struct EmbedOptions : RunOptions {
  std::string output;   // e.npy; the list of its rows is written beside it as e.csv
  bool tokens = false;  // the last block's tokens instead of the pooled features
};

/// `evax embed`: float32 [N, D] (or [N, 1 + grid^2, D], cls first) and a CSV with row and path.
/// Images that cannot be read have no row. Returns the exit code.
int embed(const EmbedOptions& options);

}  // namespace evax::tasks
