#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace evax {

/// What the first bytes of a file say it is, for an error about the wrong kind of file: "a PNG
/// image", "a zip archive", "an empty file", "a text"; "something else" where they say nothing.
std::string_view kind_of_file(std::span<const std::byte> bytes);

}  // namespace evax
