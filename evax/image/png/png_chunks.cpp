#include "evax/image/png/png_chunks.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>

#include "evax/core/error.h"
#include "evax/image/limits.h"

namespace evax::image::png {
namespace {

constexpr size_t frame_bytes = 12;  // length, type and CRC around the data of a chunk

uint32_t big_endian(const std::byte* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | std::to_integer<uint32_t>(bytes[i]);
  return value;
}

struct Chunk {
  std::string_view type;
  std::span<const std::byte> data;
  uint32_t crc = 0;

  size_t size() const { return data.size() + frame_bytes; }
  bool critical() const { return (type[0] & 0x20) == 0; }
};

// The chunk at the start of `rest`; the caller has checked that it is whole.
Chunk chunk_at(std::span<const std::byte> rest) {
  const size_t length = big_endian(rest.data());
  return {{reinterpret_cast<const char*>(rest.data()) + 4, 4},
          rest.subspan(8, length),
          big_endian(rest.data() + 8 + length)};
}

Chunk next_chunk(std::span<const std::byte> rest, std::string_view name) {
  if (rest.size() < frame_bytes || big_endian(rest.data()) > rest.size() - frame_bytes)
    fail("{}: expected a whole PNG, found one that is cut short", name);
  const Chunk chunk = chunk_at(rest);
  if (!std::ranges::all_of(chunk.type,
                           [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }))
    fail("{}: expected a PNG chunk, found the chunk type \"{}\"", name, chunk.type);
  if (chunk.critical() && libdeflate_crc32(0, rest.data() + 4, chunk.data.size() + 4) != chunk.crc)
    fail("{}: damaged PNG: the checksum of its {} chunk is wrong", name, chunk.type);
  return chunk;
}

bool possible(int color, int depth) {
  const bool power = depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
  switch (color) {
    case 0: return power;
    case 3: return power && depth <= 8;
    case 2:
    case 4:
    case 6: return depth == 8 || depth == 16;
    default: return false;
  }
}

void read_header(const Chunk& chunk, std::string_view name, Parts& parts) {
  if (chunk.type != "IHDR" || chunk.data.size() != 13)
    fail("{}: expected a PNG that begins with a header of 13 bytes, found an {} chunk of {}", name,
         chunk.type, chunk.data.size());
  const auto byte = [&](size_t i) { return std::to_integer<int>(chunk.data[i]); };
  parts.width = big_endian(chunk.data.data());
  parts.height = big_endian(chunk.data.data() + 4);
  check_pixels(name, parts.width, parts.height);
  if (!possible(byte(9), byte(8)) || byte(10) != 0 || byte(11) != 0 || byte(12) > 1)
    fail(
        "{}: expected a PNG of a known kind, found colour type {}, {} bits, compression {}, "
        "filter {}, interlace {}",
        name, byte(9), byte(8), byte(10), byte(11), byte(12));
  parts.layout = {static_cast<Color>(byte(9)), byte(8)};
  parts.interlaced = byte(12) == 1;
}

void read_palette(const Chunk& chunk, std::string_view name, Parts& parts) {
  const size_t bytes = chunk.data.size();
  if (bytes == 0 || bytes % 3 != 0 || bytes > 768)
    fail("{}: expected a PNG palette of 1 to 256 colours, found {} bytes", name, bytes);
  if (!parts.palette.empty() || parts.compressed_bytes != 0)
    fail("{}: expected one PNG palette before the image data, found another", name);
  parts.palette = {reinterpret_cast<const uint8_t*>(chunk.data.data()), bytes};
}

}  // namespace

Parts parse(std::span<const std::byte> bytes, std::string_view name) {
  Parts parts;
  std::span<const std::byte> rest = bytes.subspan(signature.size());
  Chunk chunk = next_chunk(rest, name);
  read_header(chunk, name, parts);
  for (rest = rest.subspan(chunk.size()); chunk.type != "IEND"; rest = rest.subspan(chunk.size())) {
    chunk = next_chunk(rest, name);
    if (chunk.type == "PLTE") {
      read_palette(chunk, name, parts);
    } else if (chunk.type == "IDAT") {
      if (parts.image_chunks.data() == nullptr) parts.image_chunks = rest.first(0);
      const std::byte* start = parts.image_chunks.data();
      if (start + parts.image_chunks.size() != rest.data())
        fail("{}: expected the image data of a PNG in one run, found another chunk within", name);
      parts.image_chunks = {start, parts.image_chunks.size() + chunk.size()};
      parts.compressed_bytes += chunk.data.size();
    } else if (chunk.type == "pHYs" && chunk.data.size() == 9) {
      parts.columns_per_unit = big_endian(chunk.data.data());
      parts.rows_per_unit = big_endian(chunk.data.data() + 4);
    } else if (chunk.critical() && chunk.type != "IEND") {
      fail("{}: expected a PNG, found the unknown critical chunk {}", name, chunk.type);
    }
  }
  if (parts.compressed_bytes == 0) fail("{}: expected a PNG, found no image data in it", name);
  if (parts.layout.color == Color::palette && parts.palette.empty())
    fail("{}: expected a PNG with a palette, found none", name);
  return parts;
}

void gather(std::span<const std::byte> image_chunks, std::byte* out) {
  while (!image_chunks.empty()) {
    const Chunk chunk = chunk_at(image_chunks);
    out = std::ranges::copy(chunk.data, out).out;
    image_chunks = image_chunks.subspan(chunk.size());
  }
}

}  // namespace evax::image::png
