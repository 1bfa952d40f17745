#include "evax/train/run/event_file.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"

namespace evax::train {
namespace {

// ---- Protocol buffers: only what an Event needs ----

enum class Wire : uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
void put_tag(std::string& out, int field, Wire wire) {
  put_varint(out, static_cast<uint64_t>(field) << 3 | static_cast<uint8_t>(wire));
}
void put_integer(std::string& out, int field, uint64_t value) {
  put_tag(out, field, Wire::varint);
  put_varint(out, value);
}
void put_bytes(std::string& out, int field, std::string_view bytes) {
  put_tag(out, field, Wire::bytes);
  put_varint(out, bytes.size());
  out += bytes;
}
template <typename T>
void put_little_endian(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string event_at(int64_t step, double wall_time) {
  std::string event;
  put_tag(event, 1, Wire::fixed64);
  put_little_endian(event, wall_time);
  put_integer(event, 2, static_cast<uint64_t>(step));
  return event;
}

// ---- Frames ----

uint32_t masked_crc(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return std::rotr(crc, 15) + 0xa282ead8U;
}

}  // namespace

File append_after(const std::string& path, uint64_t keep) {
  File file(std::fopen(path.c_str(), "ab"));
  std::error_code error;
  if (file && std::filesystem::file_size(path) > keep)
    std::filesystem::resize_file(path, keep, error);
  if (!file || error)
    fail("{}: cannot be written: {}", path, error ? error.message() : std::strerror(errno));
  return file;
}

uint64_t flushed_size(const std::string& path, std::FILE* file) {
  if (std::fflush(file) != 0) fail("{}: cannot be written: {}", path, std::strerror(errno));
  return std::filesystem::file_size(path);
}

uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> entries{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0);
      entries[i] = crc;
    }
    return entries;
  }();
  uint32_t crc = ~0U;
  for (const char byte : bytes)
    crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~crc;
}

EventFile::EventFile(const std::string& path, uint64_t keep)
    : path_(path), file_(append_after(path, keep)) {
  if (std::filesystem::file_size(path) > 0) return;
  std::string event = event_at(0, static_cast<double>(std::time(nullptr)));
  put_bytes(event, 3, "brain.Event:2");  // the version that readers ask for
  write_record(event);
}

void EventFile::write(int64_t step, double wall_time,
                      const std::vector<std::pair<std::string, float>>& scalars) {
  std::string summary;
  for (const auto& [name, number] : scalars) {
    std::string value;
    put_bytes(value, 1, name);
    put_tag(value, 2, Wire::fixed32);
    put_little_endian(value, number);
    put_bytes(summary, 1, value);
  }
  write_summary(step, wall_time, summary);
}

void EventFile::write(int64_t step, double wall_time, const std::string& name,
                      const EncodedPicture& picture) {
  std::string image;
  put_integer(image, 1, static_cast<uint64_t>(picture.height));
  put_integer(image, 2, static_cast<uint64_t>(picture.width));
  put_integer(image, 3, static_cast<uint64_t>(picture.channels));
  put_bytes(image, 4, picture.png);
  std::string value;
  put_bytes(value, 1, name);
  put_bytes(value, 4, image);
  std::string summary;
  put_bytes(summary, 1, value);
  write_summary(step, wall_time, summary);
}

void EventFile::write_summary(int64_t step, double wall_time, const std::string& summary) {
  std::string event = event_at(step, wall_time);
  put_bytes(event, 5, summary);
  write_record(event);
}

void EventFile::write_record(const std::string& event) {
  std::string frame;
  put_little_endian(frame, static_cast<uint64_t>(event.size()));
  put_little_endian(frame, masked_crc(frame));
  frame += event;
  put_little_endian(frame, masked_crc(event));
  if (std::fwrite(frame.data(), 1, frame.size(), file_.get()) != frame.size())
    fail("{}: cannot be written: {}", path_, std::strerror(errno));
}

uint64_t EventFile::flush() { return flushed_size(path_, file_.get()); }

}  // namespace evax::train
