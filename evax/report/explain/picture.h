#pragma once

#include <string>

#include "evax/image/image.h"

namespace evax::report {

/// An X-ray as a page shows it: a JPEG whose longer side has at most 1024 pixels.
std::string display_picture(const image::Image& xray);

}  // namespace evax::report
