#pragma once

#include <string>

#include "evax/image/image.h"

namespace evax::image {

/// A baseline JPEG, 8-bit grey or RGB (4:2:0), at libjpeg's quality 1 to 100. At most 65,500 pixels
/// a side.
std::string encode_jpeg(const Image& image, int quality);

}  // namespace evax::image
