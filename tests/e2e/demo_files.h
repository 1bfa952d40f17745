#pragma once

#include "tests/e2e/binary.h"

namespace evax::e2e {

/// What the repository ships: a classifier of Normal and Pneumonia, an encoder without a head, and
/// X-rays.
inline const std::string classifier = source_file("demo/pneumonia.safetensors");
inline const std::string encoder = source_file("demo/pretrained.safetensors");
inline std::string xray(const std::string& name) { return source_file("demo/xrays/" + name); }

}  // namespace evax::e2e
