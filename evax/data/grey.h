#pragma once

#include "evax/image/image.h"

namespace evax::data {

/// Makes a picture grey whose three channels are equal: it represents the same (image.h).
void drop_equal_channels(image::Image& image);

}  // namespace evax::data
