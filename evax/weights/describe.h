#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evax/weights/config.h"

namespace evax::weights {

struct TensorSummary {
  std::string name;
  std::string dtype;  // "F32", ...; in a safetensors file also ones evax does not compute with
  Shape shape;
};

/// What is in a file of weights, without converting it.
struct CheckpointSummary {
  std::string container;  // "evax model file", "safetensors", "PyTorch zip", "PyTorch legacy",
                          // "Hugging Face folder"
  std::string layout;     // "official pre-training", "official fine-tuned", "official", "timm",
                          // "torchvision", "mmsegmentation" or "unknown", by the names
  std::string wrapper;    // keys that lead to the tensors: "model"; empty for none
  std::vector<TensorSummary> tensors;  // sorted by name
  int64_t parameters = 0;              // numbers in them, without rotary tables and statistics
  std::vector<std::pair<std::string, std::string>> args;  // plain scalars of the Namespace `args`
  std::optional<Metadata> metadata;                       // of an evax model file
};

/// Describes an evax model file, any valid safetensors file, a PyTorch checkpoint or a Hugging Face
/// folder. Throws Error when the file is none of them or broken.
CheckpointSummary describe_checkpoint(const std::string& path);

}  // namespace evax::weights
