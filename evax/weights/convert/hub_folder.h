#pragma once

#include <string>

#include "evax/weights/model_file.h"

namespace evax::weights {

/// Writes a folder in timm's format for the Hugging Face hub: config.json, from which
/// timm.create_model builds the network, and model.safetensors with `tensors` in timm's names.
/// `header` is model.safetensors' __metadata__. The folder appears whole or not at all; Error when
/// `path` is there and not empty.
void save_hub_folder(const std::string& path, const Metadata& metadata, const TensorMap& tensors,
                     const TextMap& header);

/// Whether timm's config.json has words for all of a preprocessing.
bool hub_says_all(const Preprocess& preprocess);

}  // namespace evax::weights
