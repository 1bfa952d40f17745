#pragma once

#include <string>

#include "evax/weights/config.h"
#include "evax/weights/json_object.h"

namespace evax::weights {

/// The keys `model` and `decoder` of the metadata: only what the architecture has.
Json to_json(const ModelConfig& model);
Json decoder_to_json(const ModelConfig& model);

/// Takes both keys out of the metadata; there is a decoder for segmentation alone. Throws Error
/// naming `path` and the first number that makes no network.
ModelConfig model_from_json(JsonObject& metadata, const std::string& path);

}  // namespace evax::weights
