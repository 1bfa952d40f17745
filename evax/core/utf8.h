#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evax {

/// Length of the well-formed UTF-8 sequence that starts at text[i], 0 if there is none.
size_t utf8_length(std::string_view text, size_t i);

/// The text as every file that evax writes has it, valid UTF-8: a byte that belongs to no UTF-8
/// sequence is written as \xNN, and so is the backslash of a text that holds such four characters
/// itself, so that no two texts become one. Other text stays as it is.
std::string to_utf8(std::string_view text);

/// The text that to_utf8() made this of; one without \xNN is itself.
std::string from_utf8(std::string_view text);

}  // namespace evax
