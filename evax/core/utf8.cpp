#include "evax/core/utf8.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>

namespace evax {
namespace {

constexpr size_t escape_length = 4;  // \xNN

bool is_escape(std::string_view text, size_t i) {
  const auto is_digit = [&](size_t k) {
    return std::isxdigit(static_cast<unsigned char>(text[k])) != 0;
  };
  return text.size() - i >= escape_length && text[i] == '\\' && text[i + 1] == 'x' &&
         is_digit(i + 2) && is_digit(i + 3);
}

}  // namespace

size_t utf8_length(std::string_view text, size_t i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char lead = byte(i);
  size_t length = 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0 || i + length > text.size()) return 0;
  for (size_t k = 1; k < length; ++k)
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  // Overlong forms, surrogates and code points past U+10FFFF show in the second byte.
  const unsigned char second = byte(i + 1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
      (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
    return 0;
  return length;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t length = is_escape(text, i) ? 0 : utf8_length(text, i);
    if (length == 0)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i++]));
    else
      out.append(text.substr(i, length));
    i += length;
  }
  return out;
}

std::string from_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (!is_escape(text, i)) {
      out += text[i++];
      continue;
    }
    unsigned char byte = 0;
    const char* digits = text.data() + i + 2;
    std::from_chars(digits, digits + 2, byte, 16);
    out += static_cast<char>(byte);
    i += escape_length;
  }
  return out;
}

}  // namespace evax
