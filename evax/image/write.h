#pragma once

#include <string>

#include "evax/image/image.h"

namespace evax::image {

/// Writes an 8-bit grey or RGB PNG, atomically. Throws Error naming the path.
void write_png(const std::string& path, const Image& image);
/// The same bytes in memory.
std::string encode_png(const Image& image);

}  // namespace evax::image
