#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evax/weights/convert/hub_config.h"
#include "evax/weights/safetensors.h"

namespace evax::weights {

/// Where a file in another program's layout keeps what surrounds the weights of the model file it
/// was exported from: a record of PyTorch's zip archive, a key of safetensors' __metadata__.
inline constexpr std::string_view export_record = "evax.json";

/// The tensors of a checkpoint under the names they have there, whatever contains them.
struct Checkpoint {
  std::string container;  // "PyTorch zip", "PyTorch legacy", "safetensors", "Hugging Face folder"
  std::vector<std::string> files;  // that hold the tensors: one, or the shards of a folder
  std::string wrapper;             // "model", "model.module"; empty when the tensors lie at the top
  std::vector<std::string> passed_over;  // dictionaries of tensors beside the wrapper
  TensorMap tensors;
  TextMap safetensors_metadata;
  /// The plain values of an argparse.Namespace `args`, as text, in the file's order.
  std::vector<std::pair<std::string, std::string>> args;
  HubConfig hub;
  std::optional<Metadata> exported;  // export_record
};

/// Whether a file is PyTorch's rather than a safetensors file; throws Error when it is neither.
bool is_torch_file(const std::string& path);

/// Reads a PyTorch file, a safetensors file or a Hugging Face folder, in shards or not. Wrappers
/// are opened wherever training programs put their tensors, averaged ones first, as by timm's
/// loader (spec A.6, G). Optimizer state and everything else is ignored. Throws Error.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace evax::weights
