#pragma once

#include <string>

#include "evax/data/dataset.h"

namespace evax::data {

/// The data set of a folder that `evax data pack` filled: task, classes and samples in packing
/// order, each with its shard and record; uncertain labels are still -1. Throws Error naming the
/// folder or the file.
Dataset read_shards(const std::string& folder);

}  // namespace evax::data
