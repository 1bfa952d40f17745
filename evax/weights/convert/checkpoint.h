#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evax/weights/safetensors.h"

namespace evax::weights {

/// What timm's config.json beside a model.safetensors says that the tensors do not.
struct HubConfig {
  std::optional<int> rope_ref_grid;
  std::vector<std::string> label_names;
};

/// The tensors of a checkpoint under the names they have there, whatever contains them.
struct Checkpoint {
  std::string container;  // "PyTorch zip", "PyTorch legacy", "safetensors", "Hugging Face folder"
  std::string weights_path;  // the file that holds the tensors
  std::string wrapper;       // "model", "model.module"; empty when the tensors lie at the top
  TensorMap tensors;
  TextMap safetensors_metadata;
  /// The plain values of an argparse.Namespace `args`, as text, in the file's order.
  std::vector<std::pair<std::string, std::string>> args;
  HubConfig hub;
};

/// Whether a file is PyTorch's rather than a safetensors file; throws Error when it is neither.
bool is_torch_file(const std::string& path);

/// Reads a PyTorch file, a safetensors file or a Hugging Face folder. Wrappers are opened in the
/// order of timm's loader: model_ema, model, module, state_dict (spec A.6, G). Optimizer state and
/// everything else is ignored. Throws Error.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace evax::weights
