#include "evax/image/read.h"

#include <array>
#include <cstring>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/jpeg/jpeg.h"
#include "evax/image/png/png.h"

namespace evax::image {
namespace {

using Bytes = std::span<const std::byte>;

struct Signature {
  std::string_view prefix;
  std::string_view kind;
};

// Files that are often handed in by mistake, so that the answer can say what they are.
constexpr std::array signatures{
    Signature{{"\x1F\x8B", 2}, "a gzip file"},
    Signature{{"PK\x03\x04", 4}, "a zip archive"},
    Signature{"BM", "a BMP image"},
    Signature{{"II*\0", 4}, "a TIFF image"},
    Signature{{"MM\0*", 4}, "a TIFF image"},
    Signature{"GIF8", "a GIF image"},
    Signature{"%PDF-", "a PDF document"},
    Signature{{"\0\0\0\x0CjP  ", 8}, "a JPEG 2000 image"},
    Signature{{"\xFF\x4F\xFF\x51", 4}, "a JPEG 2000 code stream"},
    Signature{"\x93NUMPY", "a NumPy array"},
};

bool is_text(Bytes bytes) {
  for (const std::byte byte : bytes.first(std::min<size_t>(bytes.size(), 512))) {
    const auto c = std::to_integer<unsigned char>(byte);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) return false;
  }
  return true;
}

std::string_view looks_like(Bytes bytes) {
  if (bytes.empty()) return "an empty file";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const Signature& signature : signatures)
    if (text.starts_with(signature.prefix)) return signature.kind;
  if (text.starts_with("RIFF") && text.substr(0, 12).ends_with("WEBP")) return "a WebP image";
  if (text.starts_with("\x89PNG") || text.starts_with("\xFF\xD8")) return "a damaged header of one";
  return is_text(bytes) ? "a text file" : "unknown content";
}

}  // namespace

Radiograph decode(Bytes bytes, std::string_view name, const ReadOptions& options) {
  if (bytes.size() > max_file_bytes)
    fail("{}: expected a file of at most {} MB, found {} bytes", name, max_file_bytes >> 20,
         bytes.size());
  if (is_png(bytes)) return decode_png(bytes, name, options);
  if (is_jpeg(bytes)) return decode_jpeg(bytes, name);
  if (is_dicom(bytes)) return decode_dicom(bytes, name, options);
  fail("{}: expected a PNG, JPEG or DICOM image, found {}", name, looks_like(bytes));
}

Radiograph read(const std::string& path, const ReadOptions& options) {
  return decode(read_file(path, max_file_bytes, options.streams), path, options);
}

}  // namespace evax::image
