#include <libdeflate.h>

#include <cstring>
#include <limits>

#include "evax/core/error.h"
#include "evax/weights/torch/zip.h"

namespace evax::weights::torch {
namespace {

constexpr size_t alignment = 64;
constexpr uint64_t max_size = std::numeric_limits<uint32_t>::max() - 1;
constexpr uint16_t version_needed = 20;
constexpr uint16_t first_of_january_1980 = 0x21;
constexpr uint16_t padding_field = 0x4246;  // "FB", the one PyTorch pads with

/// Little-endian numbers one after the other.
class Record {
 public:
  Record& u16(uint64_t value) { return append(static_cast<uint16_t>(value)); }
  Record& u32(uint64_t value) { return append(static_cast<uint32_t>(value)); }
  Record& text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <typename T>
  Record& append(T value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof raw);
    return *this;
  }
  std::string bytes_;
};

}  // namespace

ZipWriter::ZipWriter(std::string path) : path_(path), file_(std::move(path)) {}

void ZipWriter::append(const std::string& bytes) {
  file_.write(bytes);
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name,
                    const std::vector<std::span<const std::byte>>& pieces) {
  uint64_t size = 0;
  uint32_t crc = 0;
  for (const auto piece : pieces) {
    size += piece.size();
    crc = libdeflate_crc32(crc, piece.data(), piece.size());
  }
  constexpr size_t local_size = 30;
  constexpr size_t field_header = 4;
  const uint64_t unpadded = position_ + local_size + name.size() + field_header;
  const size_t padding = (alignment - unpadded % alignment) % alignment;
  if (unpadded + padding + size > max_size || count_ == std::numeric_limits<uint16_t>::max())
    fail("{}: a .pth file beyond 4 GiB is not written; use .safetensors", path_);

  const uint64_t header = position_;
  Record common;  // the part that the local header and the directory share
  common.u16(version_needed).u16(0).u16(0).u16(0).u16(first_of_january_1980);
  common.u32(crc).u32(size).u32(size).u16(name.size());
  Record local;
  local.u32(0x04034B50).text(common.bytes()).u16(field_header + padding).text(name);
  local.u16(padding_field).u16(padding).text(std::string(padding, 'Z'));
  append(local.bytes());
  for (const auto piece : pieces) file_.write(piece);
  position_ += size;

  Record central;
  central.u32(0x02014B50).u16(version_needed).text(common.bytes());
  central.u16(0).u16(0).u16(0).u16(0).u32(0).u32(header).text(name);
  directory_ += central.bytes();
  ++count_;
}

void ZipWriter::commit() {
  const uint64_t start = position_;
  if (start + directory_.size() > max_size)
    fail("{}: a .pth file beyond 4 GiB is not written; use .safetensors", path_);
  Record end;
  end.u32(0x06054B50).u16(0).u16(0).u16(count_).u16(count_);
  end.u32(directory_.size()).u32(start).u16(0);
  append(directory_);
  append(end.bytes());
  file_.commit();
}

}  // namespace evax::weights::torch
