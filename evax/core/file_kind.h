#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace evax {

struct FileKind {
  std::string_view name;  // as a person calls it: "a PNG image", "text", "binary data"
  bool text;              // whether it may be read as UTF-8 text
};

/// What the first bytes of a file say it is, for the sentence that refuses it.
FileKind kind_of_file(std::span<const std::byte> bytes);

}  // namespace evax
