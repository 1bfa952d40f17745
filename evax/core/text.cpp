#include "evax/core/text.h"

#include <zlib.h>

#include <array>
#include <cctype>
#include <memory>
#include <span>

#include "evax/core/error.h"
#include "evax/core/file.h"

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

std::string_view kind_of_binary(std::string_view bytes) {
  using namespace std::string_view_literals;
  constexpr auto kinds = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"\xFF\xFE"sv, "UTF-16 text (save it as UTF-8)"},
      {"\xFE\xFF"sv, "UTF-16 text (save it as UTF-8)"},
      {"PK\x03\x04"sv,
       "a ZIP archive, as Excel workbooks (save them as CSV) and PyTorch checkpoints are"},
      {"\xD0\xCF\x11\xE0"sv, "an Excel or Word file (save the sheet as CSV)"},
      {"\x89PNG"sv, "a PNG image"},
      {"\xFF\xD8\xFF"sv, "a JPEG image"},
      {"%PDF"sv, "a PDF file"},
      {"\xFD"
       "7zXZ"sv,
       "an xz file (unpack it, or use gzip)"},
      {"\x28\xB5\x2F\xFD"sv, "a zstd file (unpack it, or use gzip)"},
      {"7z\xBC\xAF"sv, "a 7-Zip archive"},
  });
  for (const auto& [start, name] : kinds)
    if (bytes.starts_with(start)) return name;
  constexpr size_t dicom_preamble = 128, header_length = 8, looked_at = 16;
  if (bytes.size() > dicom_preamble && bytes.substr(dicom_preamble).starts_with("DICM"))
    return "a DICOM file";
  if (bytes.size() > header_length && bytes[header_length] == '{' && bytes[header_length - 1] == 0)
    return "a safetensors file";
  const std::string_view start = bytes.substr(0, looked_at);
  if (start.find('\0') == std::string_view::npos) return {};
  const bool wide = start.size() > 3 && (start[0] == 0) != (start[1] == 0) &&
                    (start[0] == 0) == (start[2] == 0) && (start[1] == 0) == (start[3] == 0);
  return wide ? "UTF-16 text (save it as UTF-8)" : "binary data";
}

std::string read_text(const std::string& path, size_t limit) {
  const std::vector<std::byte> bytes = read_file(path, limit);
  std::string text = is_gzip(bytes)
                         ? gunzip(bytes, path, limit)
                         : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto kind = kind_of_binary(text); !kind.empty())
    fail("{}: expected text in UTF-8, found {}", path, kind);
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
