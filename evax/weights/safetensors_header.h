#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "evax/core/tensor.h"

namespace evax::weights {

/// A tensor as the JSON header declares it, before anything is compared with the file.
struct SafetensorsDeclaration {
  std::string dtype;
  Shape shape;
  uint64_t begin = 0, end = 0;  // bytes, from the end of the header
};

struct SafetensorsHeader {
  std::map<std::string, SafetensorsDeclaration> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads the JSON of a safetensors header as a stream, so that memory stays in proportion to the
/// tensors it declares whatever the JSON holds. Throws Error naming `path`.
SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& path);

}  // namespace evax::weights
