#include "evax/image/write.h"

#include <libdeflate.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "evax/core/file.h"
#include "evax/image/png/deflate.h"
#include "evax/image/png/png_chunks.h"
#include "evax/image/png/png_scanline.h"
#include "evax/image/png/png_unfilter.h"

namespace evax::image {
namespace {

// Higher levels cost far more time than they save bytes on X-rays.
constexpr int compression_level = 2;

std::array<uint8_t, 4> big_endian(uint32_t value) {
  return {static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
          static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

/// Where the bytes of a PNG go, piece by piece.
using Sink = std::function<void(std::string_view bytes)>;

std::string_view characters(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_chunk(const Sink& sink, std::string_view type, std::span<const uint8_t> data) {
  uint32_t crc = libdeflate_crc32(0, type.data(), type.size());
  if (!data.empty()) crc = libdeflate_crc32(crc, data.data(), data.size());
  sink(characters(big_endian(static_cast<uint32_t>(data.size()))));
  sink(type);
  sink(characters(data));
  sink(characters(big_endian(crc)));
}

// Applies the filter `up` or `sub`: the difference to the byte `before` of each byte.
void subtract(const uint8_t* line, const uint8_t* before, size_t bytes, uint8_t* out) {
  for (size_t i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(line[i] - before[i]);
}

// The usual guess at how well a filtered line will compress: small differences are good.
uint64_t roughness(std::span<const uint8_t> filtered) {
  uint64_t sum = 0;
  for (const uint8_t byte : filtered)
    sum += static_cast<uint64_t>(std::abs(static_cast<int8_t>(byte)));
  return sum;
}

// All scanlines, each filtered by the better of `sub` and `up`. Two filters that are one
// subtraction each get most of the gain of all five.
std::vector<uint8_t> filtered_lines(const Image& image) {
  const auto channels = static_cast<size_t>(image.channels);
  const size_t bytes = static_cast<size_t>(image.width) * channels;
  std::vector<uint8_t> out((bytes + 1) * static_cast<size_t>(image.height));
  std::vector<uint8_t> shifted(bytes), other(bytes);
  const std::vector<uint8_t> zeros(bytes);
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* line = image.row(y);
    uint8_t* filtered = out.data() + static_cast<size_t>(y) * (bytes + 1);
    std::copy(line, line + bytes - channels, shifted.data() + channels);
    subtract(line, shifted.data(), bytes, other.data());
    subtract(line, y == 0 ? zeros.data() : image.row(y - 1), bytes, filtered + 1);
    const bool sub = roughness(other) < roughness({filtered + 1, bytes});
    filtered[0] = static_cast<uint8_t>(sub ? png::Filter::sub : png::Filter::up);
    if (sub) std::ranges::copy(other, filtered + 1);
  }
  return out;
}

void encode(const Image& image, const Sink& sink) {
  if (!image.is_sound()) throw std::logic_error("write_png: expected a grey or RGB image");
  std::array<uint8_t, 13> header{};
  std::ranges::copy(big_endian(static_cast<uint32_t>(image.width)), header.begin());
  std::ranges::copy(big_endian(static_cast<uint32_t>(image.height)), header.begin() + 4);
  header[8] = 8;
  header[9] = static_cast<uint8_t>(image.channels == 1 ? png::Color::grey : png::Color::rgb);

  sink({reinterpret_cast<const char*>(png::signature.data()), png::signature.size()});
  write_chunk(sink, "IHDR", header);
  const std::vector<uint8_t> data = deflate(filtered_lines(image), compression_level);
  // A reader must accept chunks of up to 2^31 - 1 bytes; pictures that big go in several.
  constexpr size_t most = std::numeric_limits<int32_t>::max();
  for (size_t at = 0; at < data.size(); at += most)
    write_chunk(sink, "IDAT", std::span(data).subspan(at, std::min(most, data.size() - at)));
  write_chunk(sink, "IEND", {});
}

}  // namespace

void write_png(const std::string& path, const Image& image) {
  AtomicFile file(path);
  encode(image, [&](std::string_view bytes) { file.write(bytes); });
  file.commit();
}

std::string encode_png(const Image& image) {
  std::string png;
  encode(image, [&](std::string_view bytes) { png += bytes; });
  return png;
}

}  // namespace evax::image
