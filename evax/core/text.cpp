#include "evax/core/text.h"

#include <zlib.h>

#include <array>
#include <cctype>
#include <memory>
#include <span>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/file_kind.h"

namespace evax {
namespace {

constexpr int gzip_only = 15 + 16;  // zlib's windowBits: the largest window, gzip's header

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() > 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

// Members one after the other are one text, as gzip itself has it.
std::string gunzip(std::span<const std::byte> bytes, const std::string& path, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, gzip_only) != Z_OK) fail("{}: not enough memory to unpack it", path);
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());

  std::string text;
  std::array<char, 1 << 16> block{};
  int status = Z_OK;
  while (status != Z_STREAM_END || stream.avail_in > 0) {
    if (status == Z_STREAM_END) inflateReset(&stream);
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END)
      fail("{}: expected a whole gzip file, found damaged or missing data after {} unpacked bytes",
           path, text.size());
    text.append(block.data(), block.size() - stream.avail_out);
    if (text.size() > limit)
      fail("{}: expected a list of at most {} bytes, found more when unpacking", path, limit);
  }
  return text;
}

}  // namespace

std::string read_text(const std::string& path, size_t limit) {
  const std::vector<std::byte> bytes = read_file(path, limit, Streams::allowed);
  std::string text = is_gzip(bytes)
                         ? gunzip(bytes, path, limit)
                         : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const FileKind kind = kind_of_file(std::as_bytes(std::span(text))); !kind.text)
    fail("{}: expected text in UTF-8, found {}", path, kind.name);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return text;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view white = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string_view field_value(std::string_view field) {
  // pandas' default na_values in lower case, and the dash that people write.
  constexpr auto missing = std::to_array<std::string_view>(
      {"nan", "na", "n/a", "#n/a", "<na>", "null", "none", "-", "-nan", "nat", "#na", "#n/a n/a",
       "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"});
  field = trim(field);
  constexpr size_t longest = 8;
  if (field.size() > longest) return field;
  const std::string lower = lower_case(field);
  const bool is_missing = std::find(missing.begin(), missing.end(), lower) != missing.end();
  return is_missing ? std::string_view() : field;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string plain_name(std::string_view name) {
  std::string plain = lower_case(name);
  for (char& c : plain)
    if (c == '_' || c == '-') c = ' ';
  return plain;
}

}  // namespace evax
