#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace evax {

/// More than any list of X-rays; checked before memory is taken.
inline constexpr size_t max_text_bytes = size_t{512} << 20;

/// The whole of a text file, without a UTF-8 byte order mark; unpacked when it is gzip, which is
/// told by its content. Throws Error when it is missing, damaged, or larger than `limit` bytes
/// unpacked.
std::string read_text(const std::string& path, size_t limit = max_text_bytes);

/// The text without white space at both ends.
std::string_view trim(std::string_view text);

/// A name as people compare it: lower case (ASCII), blanks for "_" and "-".
std::string plain_name(std::string_view name);

/// Calls body(line, number from 1) for every line that holds more than white space, without its
/// line break (LF or CRLF).
template <typename Body>
void for_each_line(std::string_view text, Body body) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
    if (!line.empty()) body(line, number);
  }
}

}  // namespace evax
