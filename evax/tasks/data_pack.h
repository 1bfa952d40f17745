#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/data/shards/pack.h"

namespace evax::tasks {

struct DataPackOptions {
  std::string dataset;                 // a TOML file with a table [data]
  std::vector<std::string> overrides;  // "data.images=/elsewhere"
  data::PackOptions pack;              // `folder`: lists go to FOLDER/train, FOLDER/val, ...
};

/// `evax data pack`: a data set's lists -> shards (docs/shards.md), labels as they are written.
/// Returns the exit code: 3 when files could not be read.
int data_pack(const DataPackOptions& options);

}  // namespace evax::tasks
