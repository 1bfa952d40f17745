#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evax::report {

/// Text for HTML and SVG, in content or between double quotes. Broken UTF-8 is written as
/// to_utf8() does, control characters as \xNN too, and what is longer than `limit` bytes is cut in
/// the middle: names of classes, columns and files are hostile.
std::string escaped(std::string_view text, size_t limit = 2000);

/// At most `characters` characters (not bytes), the last one "…" where text is left out.
std::string shortened(std::string_view text, size_t characters);

/// RFC 4648 with padding.
std::string base64(std::string_view bytes);

}  // namespace evax::report
