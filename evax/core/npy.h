#pragma once

#include <string>

#include "evax/core/tensor.h"

namespace evax {

/// Reads a NumPy .npy file (format 1.0 to 3.0, little-endian, C order) of float16/32/64,
/// int8/16/32/64, uint8 or bool. Throws Error naming the file, what was expected and what was
/// found.
Tensor read_npy(const std::string& path);

/// Writes a .npy file (format 1.0), atomically. BF16 has no NumPy dtype and is written as float32.
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace evax
