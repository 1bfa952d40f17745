#pragma once

#include <string>

#include "evax/weights/model_file.h"

namespace evax::weights {

/// Writes a folder in timm's format for the Hugging Face hub: config.json, from which
/// timm.create_model builds the network, and model.safetensors with `tensors` in timm's names.
/// The folder appears whole or not at all; Error when `path` is there and not empty.
void save_hub_folder(const std::string& path, const Metadata& metadata, const TensorMap& tensors);

}  // namespace evax::weights
