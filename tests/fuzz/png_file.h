#pragma once

// PNG files whose checksums are right.

#include <libdeflate.h>

#include <array>

#include "evax/image/png/deflate.h"
#include "evax/image/png/png.h"
#include "evax/image/png/png_scanline.h"
#include "tests/fuzz/harness.h"

namespace evax::fuzz {

using image::png::Layout;

inline std::string big_endian(size_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  return big_endian(data.size()) + body + big_endian(libdeflate_crc32(0, body.data(), body.size()));
}

// Scanlines of the right total size, whose filter bytes are possible and whose rest is `data`.
inline std::string scanlines(const Layout& layout, size_t width, size_t height, bool interlaced,
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

/// A PNG of chosen kind and size around whatever the other bytes say.
inline std::string png_file(Input input) {
  constexpr std::array<int, 5> colors{0, 2, 3, 4, 6};
  constexpr std::array<int, 5> depths{1, 2, 4, 8, 16};
  Choices choices(input);
  const int color = colors[choices.byte() % 5], depth = depths[choices.byte() % 5];
  const size_t width = 1 + choices.byte() % 70, height = 1 + choices.byte() % 70;
  const uint8_t last = choices.byte();
  const bool interlaced = (last & 1) != 0;
  const Layout layout{static_cast<image::png::Color>(color), depth};
  const std::string lines = scanlines(layout, width, height, interlaced,
                                      input.subspan(std::min<size_t>(5, input.size())));

  std::string file = "\x89PNG\r\n\x1a\n";
  file += chunk("IHDR", big_endian(width) + big_endian(height) + static_cast<char>(depth) +
                            static_cast<char>(color) + std::string(2, '\0') +
                            static_cast<char>(interlaced));
  const auto packed =
      image::deflate({reinterpret_cast<const uint8_t*>(lines.data()), lines.size()}, 1);
  if (color == 3) file += chunk("PLTE", std::string(3 * (1 + size_t{last} / 2), 'c'));
  return file + chunk("IDAT", std::string(packed.begin(), packed.end())) + chunk("IEND", "");
}

}  // namespace evax::fuzz
