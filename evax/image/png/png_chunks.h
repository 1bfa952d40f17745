#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "evax/image/png/png_scanline.h"

namespace evax::image::png {

inline constexpr std::string_view signature{"\x89PNG\r\n\x1a\n", 8};

/// What the chunks of a sound PNG say, before anything is unpacked.
struct Parts {
  size_t width = 0;
  size_t height = 0;
  Layout layout;
  bool interlaced = false;
  std::span<const uint8_t> palette;         // RGB triples, inside the file
  std::span<const std::byte> image_chunks;  // the run of whole IDAT chunks, inside the file
  uint64_t compressed_bytes = 0;            // the sum of their data
  uint32_t columns_per_unit = 0;            // pHYs; 0: not given
  uint32_t rows_per_unit = 0;
};

/// Checks order, sizes and CRCs of the critical chunks; the others but pHYs are stepped over
/// unread. Throws Error naming `name`.
Parts parse(std::span<const std::byte> bytes, std::string_view name);

/// Appends the data of Parts::image_chunks to `out`, which has room for compressed_bytes.
void gather(std::span<const std::byte> image_chunks, std::byte* out);

}  // namespace evax::image::png
