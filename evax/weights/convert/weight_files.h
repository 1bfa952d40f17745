#pragma once

#include <map>
#include <string>
#include <vector>

namespace evax::weights {

/// The files of a Hugging Face folder that hold its tensors.
struct WeightFiles {
  std::vector<std::string> paths;               // sorted
  std::string index;                            // of several: the file that lists them
  std::map<std::string, std::string> shard_of;  // of several: each tensor's path
};

/// model.safetensors, its shards, or the same of pytorch_model.bin. A shard's name is that of a
/// file in the folder itself. Throws Error when there is none of them, and for an adapter alone.
WeightFiles find_weight_files(const std::string& folder);

}  // namespace evax::weights
