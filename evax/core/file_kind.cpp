#include "evax/core/file_kind.h"

#include <algorithm>

namespace evax {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view start, name;
  size_t offset = 0;
};
constexpr Kind kinds[] = {
    {"\x89PNG\r\n\x1a\n"sv, "a PNG image"},
    {"\xff\xd8\xff"sv, "a JPEG image"},
    {"\0\0\0\x0cjP  \r\n\x87\n"sv, "a JPEG 2000 image"},
    {"GIF8"sv, "a GIF image"},
    {"BM"sv, "a BMP image"},
    {"II*\0"sv, "a TIFF image"},
    {"MM\0*"sv, "a TIFF image"},
    {"DICM"sv, "a DICOM file", 128},
    {"\x93NUMPY"sv, "a NumPy array"},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file"},
    {"GGUF"sv, "a GGUF file"},
    {"%PDF"sv, "a PDF file"},
    {"\x1f\x8b"sv, "a gzip file"},
    {"BZh"sv, "a bzip2 file"},
    {"\xfd"
     "7zXZ\0"sv,
     "an xz file"},
    {"\x28\xb5\x2f\xfd"sv, "a Zstandard file"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive"},
    {"ustar"sv, "a tar archive", 257},
    {"PK\x03\x04"sv, "a zip archive"},
    {"PK\x05\x06"sv, "a zip archive"},
    {"\x7f"
     "ELF"sv,
     "a program"},
    {"version https://git-lfs.github.com/"sv, "a pointer of Git LFS (git lfs pull gets the file)"},
    {"<!DOCTYPE html"sv, "a web page"},
    {"<!doctype html"sv, "a web page"},
    {"<html"sv, "a web page"},
    {"<?xml"sv, "an XML file"},
    {"{"sv, "JSON"},
    {"["sv, "JSON or TOML"},
    {"\x80\x02"sv, "a pickle"},
    {"\x80\x03"sv, "a pickle"},
    {"\x80\x04"sv, "a pickle"},
    {"\x80\x05"sv, "a pickle"},
};

}  // namespace

std::string_view kind_of_file(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "an empty file";
  constexpr size_t looked_at = 512;
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), looked_at));
  for (const Kind& kind : kinds)
    if (start.size() > kind.offset && start.substr(kind.offset).starts_with(kind.start))
      return kind.name;
  const bool text = std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
  return text ? "a text" : "something else";
}

}  // namespace evax
