// A PNG whose checksums are right around whatever the bytes say: reaches the scanline filters, the
// palette and Adam7, which random changes of a file almost never do.

#include <libdeflate.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "evax/core/error.h"
#include "evax/image/png.h"
#include "evax/image/png_scanline.h"

namespace {

using evax::image::png::Layout;

std::string big_endian(size_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  return big_endian(data.size()) + body + big_endian(libdeflate_crc32(0, body.data(), body.size()));
}

std::string stored(const std::string& data) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(0), libdeflate_free_compressor);
  std::string out(libdeflate_zlib_compress_bound(compressor.get(), data.size()), '\0');
  out.resize(
      libdeflate_zlib_compress(compressor.get(), data.data(), data.size(), out.data(), out.size()));
  return out;
}

// Scanlines of the right total size, whose filter bytes are possible and whose rest is `data`.
std::string scanlines(const Layout& layout, size_t width, size_t height, bool interlaced,
                      std::span<const uint8_t> data) {
  constexpr size_t adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                  {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  std::string out;
  size_t next = 0;
  const auto byte = [&] { return data.empty() ? uint8_t{0} : data[next++ % data.size()]; };
  for (size_t pass = 0; pass < (interlaced ? 7 : 1); ++pass) {
    const auto [x, y, dx, dy] =
        interlaced ? std::to_array(adam7[pass]) : std::array<size_t, 4>{0, 0, 1, 1};
    if (width <= x) continue;
    const size_t bytes = layout.line_bytes((width - x + dx - 1) / dx);
    for (size_t line = y; line < height; line += dy) {
      out += static_cast<char>(byte() % 5);
      for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(byte());
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t head = 5;
  constexpr std::array<int, 5> colors{0, 2, 3, 4, 6};
  constexpr std::array<int, 5> depths{1, 2, 4, 8, 16};
  if (size < head) return 0;
  const int color = colors[data[0] % 5], depth = depths[data[1] % 5];
  const size_t width = 1 + data[2] % 70, height = 1 + data[3] % 70;
  const bool interlaced = (data[4] & 1) != 0;
  const Layout layout{static_cast<evax::image::png::Color>(color), depth};
  const std::string lines =
      scanlines(layout, width, height, interlaced, {data + head, size - head});

  std::string file = "\x89PNG\r\n\x1a\n";
  file += chunk("IHDR", big_endian(width) + big_endian(height) + static_cast<char>(depth) +
                            static_cast<char>(color) + std::string(2, '\0') +
                            static_cast<char>(interlaced));
  if (color == 3) file += chunk("PLTE", std::string(3 * (1 + size_t{data[4]} / 2), 'c'));
  file += chunk("IDAT", stored(lines)) + chunk("IEND", "");
  try {
    evax::image::decode_png(std::as_bytes(std::span(file)), "fuzz");
  } catch (const evax::Error&) {
  }
  return 0;
}
