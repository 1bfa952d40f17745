#include "evax/core/file_kind.h"

#include <algorithm>

namespace evax {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view start, name;
  size_t offset = 0;
  bool text = false;
};
constexpr std::string_view utf16 = "UTF-16 text (save it as UTF-8)";
constexpr Kind kinds[] = {
    // First: it begins with the length of its header, which may look like anything. The length is
    // below 2^32, so its last byte is zero.
    {"\0{"sv, "a safetensors file", 7},
    {"\x89PNG\r\n\x1a\n"sv, "a PNG image"},
    {"\xff\xd8\xff"sv, "a JPEG image"},
    {"\0\0\0\x0cjP  \r\n\x87\n"sv, "a JPEG 2000 image"},
    {"GIF8"sv, "a GIF image"},
    {"II*\0"sv, "a TIFF image"},
    {"MM\0*"sv, "a TIFF image"},
    {"DICM"sv, "a DICOM file", 128},
    {"\x93NUMPY"sv, "a NumPy array"},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file"},
    {"GGUF"sv, "a GGUF file"},
    {"%PDF"sv, "a PDF file"},
    {"\x1f\x8b"sv, "a gzip file"},
    {"BZh"sv, "a bzip2 file"},
    {"\xfd\x37zXZ\0"sv, "an xz file (unpack it, or use gzip)"},
    {"\x28\xb5\x2f\xfd"sv, "a Zstandard file (unpack it, or use gzip)"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive"},
    {"ustar"sv, "a tar archive", 257},
    {"PK\x03\x04"sv,
     "a ZIP archive, as Excel workbooks (save them as CSV) and PyTorch checkpoints are"},
    {"PK\x05\x06"sv, "an empty ZIP archive"},
    {"\xd0\xcf\x11\xe0"sv, "an Excel or Word file (save the sheet as CSV)"},
    {"\x7f\x45LF"sv, "a program"},
    {"\x80\x02"sv, "a pickle"},
    {"\x80\x03"sv, "a pickle"},
    {"\x80\x04"sv, "a pickle"},
    {"\x80\x05"sv, "a pickle"},
    {"\xff\xfe"sv, utf16},
    {"\xfe\xff"sv, utf16},
    {"version https://git-lfs.github.com/"sv, "a pointer of Git LFS (git lfs pull gets the file)",
     0, true},
    {"<!DOCTYPE html"sv, "a web page", 0, true},
    {"<!doctype html"sv, "a web page", 0, true},
    {"<html"sv, "a web page", 0, true},
    {"<?xml"sv, "an XML file", 0, true},
    {"{"sv, "JSON", 0, true},
    {"["sv, "JSON or TOML", 0, true},
};

// ASCII in 16 bits: every other byte is zero.
bool is_wide(std::string_view start) {
  return start.size() > 3 && (start[0] == 0) != (start[1] == 0) &&
         (start[0] == 0) == (start[2] == 0) && (start[1] == 0) == (start[3] == 0);
}

}  // namespace

FileKind kind_of_file(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {"an empty file", true};
  constexpr size_t looked_at = 512;
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), looked_at));
  for (const Kind& kind : kinds)
    if (start.size() > kind.offset && start.substr(kind.offset).starts_with(kind.start))
      return {kind.name, kind.text};
  if (start.find('\0') != std::string_view::npos) {
    if (is_wide(start)) return {utf16, false};
    return {start.starts_with("BM") ? "a BMP image" : "binary data", false};
  }
  const bool printable = std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
  return {printable ? "text" : "binary data", true};
}

}  // namespace evax
