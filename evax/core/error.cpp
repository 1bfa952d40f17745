#include "evax/core/error.h"

namespace evax {
namespace {

constexpr size_t max_sentence = 392;  // with "error: " in front a line of at most 400

// Length of the well-formed UTF-8 sequence that starts at text[i], 0 if there is none.
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

bool is_control(std::string_view text, size_t i, size_t length) {
  const auto first = static_cast<unsigned char>(text[i]);
  if (length == 1) return first < 0x20 || first == 0x7F;
  return length == 2 && first == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text, i);
    if (length != 0 && !is_control(text, i, length)) {
      out.append(text.substr(i, length));
      i += length;
      continue;
    }
    const size_t bytes = length == 0 ? 1 : length;
    for (size_t k = 0; k < bytes; ++k)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i + k]));
    i += bytes;
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  std::string out = escaped(text);
  if (out.size() <= limit) return out;
  const auto is_continuation = [&](size_t i) {
    return (static_cast<unsigned char>(out[i]) & 0xC0) == 0x80;
  };
  const size_t kept = limit > 3 ? limit - 3 : 0;
  size_t head = kept / 2;
  size_t tail = out.size() - (kept - head);
  while (head > 0 && is_continuation(head)) --head;
  while (tail < out.size() && is_continuation(tail)) ++tail;
  return out.substr(0, head) + "..." + out.substr(tail);
}

Error::Error(std::string_view sentence) : std::runtime_error(printable(sentence, max_sentence)) {}

}  // namespace evax
