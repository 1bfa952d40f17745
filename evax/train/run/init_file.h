#pragma once

#include <string>
#include <vector>

#include "evax/weights/model_file.h"

namespace evax::train {

/// The weights that model.init names, made to fit a network of another grid or pooling.
struct InitFile {
  weights::ModelFile file;
  std::string sha256;              // weights_sha256
  std::vector<std::string> notes;  // what was changed, one sentence each
};

/// Reads a model file or an importable checkpoint. A position embedding of another grid is resized
/// as the official loader does (spec A.4); a final norm of another pooling starts at 1 and 0.
/// Throws Error when it holds another network than `config`.
InitFile read_init_file(const std::string& path, const weights::ModelConfig& config);

}  // namespace evax::train
