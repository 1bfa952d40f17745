#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "evax/weights/safetensors.h"

namespace evax::train {

/// A checkpoint of a training as it lies on disk.
struct CheckpointFile {
  weights::TensorMap tensors;
  nlohmann::ordered_json state;
};

/// Reads one whole, without LibTorch. Throws Error naming the file: damaged, or no training's.
CheckpointFile read_checkpoint_file(const std::string& path);

/// Writes it atomically.
void write_checkpoint_file(const std::string& path, const CheckpointFile& checkpoint);

}  // namespace evax::train
