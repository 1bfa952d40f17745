#pragma once

#include <vector>

#include "evax/image/mask/components.h"

namespace evax::image {

/// The outer border of a component as a closed polygon through the centres of its border pixels,
/// anticlockwise as seen; pixels within a straight run are left out. Holes are not reported. Equal
/// to cv2.findContours(CHAIN_APPROX_SIMPLE). Source: Suzuki and Abe, "Topological structural
/// analysis of digitized binary images by border following", CVGIP 30, 1985.
std::vector<Pixel> outer_contour(const Image& mask, const Component& component);

}  // namespace evax::image
