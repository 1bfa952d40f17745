#include "evax/core/error.h"

#include <new>

#include "evax/core/utf8.h"

namespace evax {
namespace {

constexpr size_t max_sentence = 392;  // with "error: " in front a line of at most 400

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

// Valid UTF-8 is never cut within a character.
std::string cut(std::string out, size_t limit) {
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

}  // namespace

std::string printable(std::string_view text, size_t limit) { return cut(escaped(text), limit); }

std::string failure_of(std::string_view path) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return fmt::format("{}: not enough memory", path);
  } catch (const std::length_error&) {  // of a container that would exceed the address space
    return fmt::format("{}: not enough memory", path);
  } catch (const Error& error) {  // names the file, which may be another one: a mask's
    return error.sentence();
  } catch (const std::exception& error) {
    return fmt::format("{}: {}", path, error.what());
  }
}

Error::Error(std::string_view sentence)
    : std::runtime_error(printable(sentence, max_sentence)),
      sentence_(cut(std::string(sentence), max_sentence)) {}

}  // namespace evax
