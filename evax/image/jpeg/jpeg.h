#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "evax/image/image.h"

namespace evax::image {

/// True when the bytes begin with a JPEG marker.
bool is_jpeg(std::span<const std::byte> bytes);

/// Reads an 8-bit JPEG, baseline or progressive, grey or colour, with libjpeg-turbo, and turns it
/// upright by its EXIF orientation. The pixels are those of Pillow's
/// ImageOps.exif_transpose(Image.open(f)).convert("RGB"); grey stays one channel. Throws Error for
/// CMYK and YCCK, 12 bits, and any file that is truncated or damaged: whatever libjpeg warns of
/// while it continues with made-up pixels is an error here. A missing end marker behind the last
/// pixel and stray bytes between the headers are a warning of Info.
Radiograph decode_jpeg(std::span<const std::byte> bytes, std::string_view name);

}  // namespace evax::image
