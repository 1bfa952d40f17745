#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace evax {

/// More than any list of X-rays; checked before memory is taken.
inline constexpr size_t max_text_bytes = size_t{512} << 20;

/// The whole of a text file, without a UTF-8 byte order mark; unpacked when it is gzip, which is
/// recognised by its content. Throws Error when it is missing, damaged, no text (file_kind.h), or
/// larger than `limit` bytes unpacked.
std::string read_text(const std::string& path, size_t limit = max_text_bytes);

/// The text without white space at both ends.
std::string_view trim(std::string_view text);

/// What a table's field says: trimmed, and empty where it is one of the usual spellings of a
/// missing value in any case of letters: nan, NA, N/A, #N/A, <NA>, null, None, - and what else
/// pandas takes for one.
std::string_view field_value(std::string_view field);

/// The text in lower case (ASCII).
std::string lower_case(std::string_view text);

/// A name as people compare it: lower case (ASCII), blanks for "_" and "-".
std::string plain_name(std::string_view name);

/// How many bytes the line break at the start of `text` takes: LF, CRLF, or CR alone; 0 where there
/// is none.
inline size_t line_break_at(std::string_view text) {
  if (text.starts_with("\r\n")) return 2;
  return text.starts_with('\n') || text.starts_with('\r') ? 1 : 0;
}

/// Calls body(line, number from 1) for every line that holds more than white space, without its
/// line break.
template <typename Body>
void for_each_line(std::string_view text, Body body) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t length = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = trim(text.substr(0, length));
    text.remove_prefix(length);
    text.remove_prefix(line_break_at(text));
    if (!line.empty()) body(line, number);
  }
}

}  // namespace evax
