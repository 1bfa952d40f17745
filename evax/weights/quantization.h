#pragma once

#include <string>
#include <vector>

#include "evax/weights/model_file.h"

namespace evax::weights {

/// The linear layers whose weights 8 bits may hold, "blocks.0.attn.qkv" and so on: those of a
/// transformer's blocks, in their order. None for convolutional networks.
std::vector<std::string> quantizable_layers(const ModelConfig& config);

/// The same model with these layers' weights rounded to 8 bits (core/int8.h). Throws Error naming
/// `path` when the model has such weights already or a weight is not a number.
ModelFile quantize(ModelFile model, std::vector<std::string> layers, const std::string& path);

/// Between a file's tensors and a model's: NAME.weight is I8 [rows, columns] with NAME.weight_scale
/// F32 [rows] beside it in a file, and F32, the codes times their scales, in a model. Decoding
/// throws Error naming `path` and the tensor that is missing, or holds anything else than codes.
TensorMap encoded(const ModelFile& model);
void decode(ModelFile& model, const std::string& path);

}  // namespace evax::weights
