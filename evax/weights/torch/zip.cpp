#include "evax/weights/torch/zip.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "evax/core/error.h"

namespace evax::weights::torch {
namespace {

constexpr uint32_t local_signature = 0x04034B50;
constexpr uint32_t central_signature = 0x02014B50;
constexpr uint32_t end_signature = 0x06054B50;
constexpr uint32_t end64_signature = 0x06064B50;
constexpr uint32_t locator64_signature = 0x07064B50;
constexpr size_t local_size = 30;
constexpr size_t central_size = 46;
constexpr size_t end_size = 22;
constexpr size_t locator64_size = 20;
constexpr size_t end64_size = 56;
constexpr size_t max_comment = 0xFFFF;
constexpr uint16_t zip64_field = 1;
constexpr uint32_t in_zip64 = 0xFFFFFFFF;  // the value is in the ZIP64 field
constexpr uint16_t method_stored = 0;
constexpr uint16_t method_deflated = 8;
constexpr uint16_t flag_encrypted = 1;
constexpr uint64_t max_deflate_ratio = 1032;  // what deflate can reach at most
constexpr uint64_t max_inflated = 512 << 20;  // of all deflated entries read

template <typename T>
T load(std::span<const std::byte> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Where the end record starts: the last place whose comment reaches exactly the archive's end.
std::optional<size_t> find_end(std::span<const std::byte> bytes) {
  if (bytes.size() < end_size) return std::nullopt;
  const size_t last = bytes.size() - end_size;
  const size_t first = last > max_comment ? last - max_comment : 0;
  for (size_t at = last + 1; at-- > first;)
    if (load<uint32_t>(bytes, at) == end_signature &&
        at + end_size + load<uint16_t>(bytes, at + 20) == bytes.size())
      return at;
  return std::nullopt;
}

struct Directory {
  uint64_t count, size, offset;
};

std::optional<Directory> find_directory64(std::span<const std::byte> bytes, size_t end) {
  if (end < locator64_size || load<uint32_t>(bytes, end - locator64_size) != locator64_signature)
    return std::nullopt;
  const auto at = load<uint64_t>(bytes, end - locator64_size + 8);
  if (at > end - locator64_size || end - locator64_size - at < end64_size ||
      load<uint32_t>(bytes, at) != end64_signature)
    return std::nullopt;
  return Directory{load<uint64_t>(bytes, at + 32), load<uint64_t>(bytes, at + 40),
                   load<uint64_t>(bytes, at + 48)};
}

/// Replaces the numbers that do not fit 32 bits by those of the ZIP64 extra field, in its order.
bool read_zip64(std::span<const std::byte> extra, Zip::Entry& entry) {
  uint64_t* const wanted[] = {entry.size == in_zip64 ? &entry.size : nullptr,
                              entry.packed_size == in_zip64 ? &entry.packed_size : nullptr,
                              entry.header == in_zip64 ? &entry.header : nullptr};
  while (extra.size() >= 4) {
    const auto id = load<uint16_t>(extra, 0);
    const auto length = load<uint16_t>(extra, 2);
    extra = extra.subspan(4);
    if (length > extra.size()) return false;
    if (id == zip64_field) {
      size_t offset = 0;
      for (uint64_t* number : wanted) {
        if (number == nullptr) continue;
        if (offset + 8 > length) return false;
        *number = load<uint64_t>(extra, offset);
        offset += 8;
      }
      return true;
    }
    extra = extra.subspan(length);
  }
  return true;  // a size may be 0xFFFFFFFF itself
}

}  // namespace

bool Zip::recognises(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && load<uint32_t>(bytes, 0) == local_signature;
}

Zip::Zip(Bytes archive, std::string path) : archive_(std::move(archive)), path_(std::move(path)) {
  read_directory();
}

void Zip::read_directory() {
  const auto bytes = archive_.view;
  const auto end = find_end(bytes);
  if (!end) fail("{}: the zip archive has no end record (a truncated file?)", path_);
  Directory directory{load<uint16_t>(bytes, *end + 10), load<uint32_t>(bytes, *end + 12),
                      load<uint32_t>(bytes, *end + 16)};
  if (const auto wide = find_directory64(bytes, *end)) directory = *wide;
  if (directory.offset > *end || directory.size > *end - directory.offset)
    fail("{}: the zip directory lies outside the file", path_);

  auto rest = bytes.subspan(directory.offset, directory.size);
  for (uint64_t i = 0; i < directory.count; ++i) {
    if (rest.size() < central_size || load<uint32_t>(rest, 0) != central_signature)
      fail("{}: expected {} entries in the zip directory, found {}", path_, directory.count, i);
    const size_t name_size = load<uint16_t>(rest, 28);
    const size_t extra_size = load<uint16_t>(rest, 30);
    const size_t record = central_size + name_size + extra_size + load<uint16_t>(rest, 32);
    if (record > rest.size()) fail("{}: the zip directory is cut short", path_);
    const std::string name(reinterpret_cast<const char*>(rest.data()) + central_size, name_size);
    Entry entry{load<uint16_t>(rest, 10), load<uint32_t>(rest, 16), load<uint32_t>(rest, 20),
                load<uint32_t>(rest, 24), load<uint32_t>(rest, 42)};
    if ((load<uint16_t>(rest, 8) & flag_encrypted) != 0)
      fail("{}: the zip entry '{}' is encrypted", path_, name);
    if (entry.method != method_stored && entry.method != method_deflated)
      fail("{}: expected the zip entry '{}' to be stored or deflated, found method {}", path_, name,
           entry.method);
    if (!read_zip64(rest.subspan(central_size + name_size, extra_size), entry))
      fail("{}: the zip entry '{}' has a broken ZIP64 field", path_, name);
    if (!entries_.emplace(name, entry).second)
      fail("{}: the zip entry '{}' is there twice", path_, name);
    rest = rest.subspan(record);
  }
}

Bytes Zip::packed_bytes(const std::string& name, const Entry& entry) const {
  const auto bytes = archive_.view;
  if (entry.header > bytes.size() || bytes.size() - entry.header < local_size ||
      load<uint32_t>(bytes, entry.header) != local_signature)
    fail("{}: the zip entry '{}' has no local header", path_, name);
  const size_t name_size = load<uint16_t>(bytes, entry.header + 26);
  const size_t start =
      entry.header + local_size + name_size + load<uint16_t>(bytes, entry.header + 28);
  if (start > bytes.size() || entry.packed_size > bytes.size() - start)
    fail("{}: the zip entry '{}' of {} bytes does not fit the file", path_, name,
         entry.packed_size);
  if (name_size != name.size() ||
      std::memcmp(bytes.data() + entry.header + local_size, name.data(), name_size) != 0)
    fail("{}: the zip entry '{}' is called otherwise in its local header", path_, name);
  return {bytes.subspan(start, entry.packed_size), archive_.owner};
}

Bytes Zip::read(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) fail("{}: the zip archive has no entry '{}'", path_, name);
  const Entry& entry = found->second;
  Bytes bytes = packed_bytes(name, entry);
  if (entry.method == method_deflated) {
    if (entry.size > max_inflated - inflated_ || entry.size / max_deflate_ratio > entry.packed_size)
      fail("{}: the zip entry '{}' claims {} bytes, packed in {}", path_, name, entry.size,
           entry.packed_size);
    inflated_ += entry.size;
    const auto inflated = std::make_shared<std::vector<std::byte>>(entry.size);
    const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>
        decompressor(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
    if (decompressor == nullptr) throw std::bad_alloc();
    if (libdeflate_deflate_decompress(decompressor.get(), bytes.view.data(), bytes.view.size(),
                                      inflated->data(), inflated->size(),
                                      nullptr) != LIBDEFLATE_SUCCESS)
      fail("{}: the zip entry '{}' does not inflate to its {} bytes", path_, name, entry.size);
    bytes = {*inflated, inflated};
  } else if (entry.size != entry.packed_size) {
    fail("{}: the stored zip entry '{}' claims {} bytes and {} packed ones", path_, name,
         entry.size, entry.packed_size);
  }
  if (libdeflate_crc32(0, bytes.view.data(), bytes.view.size()) != entry.crc)
    fail("{}: the zip entry '{}' is damaged (its CRC differs)", path_, name);
  return bytes;
}

}  // namespace evax::weights::torch
