#pragma once

#include <cstddef>
#include <span>

#include "evax/image/image.h"

namespace evax::image {

/// The EXIF orientation (tag 0x0112) of a JPEG, 1 to 8; 1 when there is none or it makes no sense.
/// Source: EXIF 2.32, section 4.6.4; TIFF 6.0, section 2.
int exif_orientation(std::span<const std::byte> jpeg);

/// The picture turned and mirrored so that its orientation becomes 1 (Pillow's exif_transpose).
Image upright(Image image, int orientation);

}  // namespace evax::image
