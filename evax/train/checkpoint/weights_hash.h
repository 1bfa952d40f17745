#pragma once

#include <string>

namespace evax::train {

/// SHA-256 of the weights that a path names: of the file; of a folder's model.safetensors, or where
/// it has none of the names and SHA-256 of its .safetensors files. Empty for a path that is not
/// there ("random"). Throws Error for what cannot be read.
std::string weights_sha256(const std::string& path);

}  // namespace evax::train
