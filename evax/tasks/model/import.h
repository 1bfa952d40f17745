#pragma once

#include <string>

#include "evax/weights/convert.h"

namespace evax::tasks {

struct ImportOptions : weights::ImportOptions {
  std::string checkpoint;
  std::string output;  // M.safetensors
};

/// `evax import`: a checkpoint in any known layout -> a model file.
void import(const ImportOptions& options);

}  // namespace evax::tasks
