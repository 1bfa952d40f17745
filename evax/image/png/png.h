#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evax/image/image.h"
#include "evax/image/read.h"

namespace evax::image {

/// True when the bytes begin with the PNG signature.
bool is_png(std::span<const std::byte> bytes);

/// Reads a PNG of any kind: 1 to 16 bits, grey, RGB, palette, alpha, interlaced.
/// The pixels are those of Pillow's Image.open(f).convert("RGB"): alpha is dropped, gamma and
/// colour profiles are ignored, 16-bit colours keep their high byte; grey stays one channel. One
/// exception: 16-bit grey is scaled to 8 bits, rounded, where Pillow clips it (nearly all of it to
/// white). 16-bit samples, grey or colour, that use fewer bits are scaled by these (depth.h).
/// Throws Error for a file that is not whole and sound: a truncated one, a critical chunk
/// whose CRC is wrong, an image stream that is too short, too long or damaged. Never gives a
/// partial picture.
///
/// The chunks, filters and Adam7 are read here and libdeflate unpacks the whole stream in one call:
/// measured against libpng and libspng (bench/image_bench.cpp) that takes about half the time, it
/// knows every size before it takes memory, and there is no longjmp.
/// Source: PNG specification, second edition (ISO/IEC 15948).
Radiograph decode_png(std::span<const std::byte> bytes, std::string_view name,
                      const ReadOptions& options = {});

/// A picture whose samples are numbers and no brightness: a mask.
struct Samples {
  int width = 0;
  int height = 0;
  int channels = 0;              // 1, or 3 in colour
  int bits = 8;                  // per sample
  std::vector<uint16_t> values;  // height * width * channels
};

/// The samples of a PNG as they are stored: palette indices, and grey or colour of 1 to 16 bits
/// without scaling; alpha is dropped. Throws Error as decode_png does.
Samples decode_png_samples(std::span<const std::byte> bytes, std::string_view name);

}  // namespace evax::image
