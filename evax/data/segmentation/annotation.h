#pragma once

#include <string>
#include <string_view>

#include "evax/data/segmentation/mask.h"

namespace evax::data {

/// Sets the pixels of a run-length code to 1: pairs "gap length" from the end of the last run on,
/// down the columns (SIIM's relative code, spec D.1). Throws Error beginning with `where` for
/// anything else, and for a run past the last pixel.
void draw_runs(std::string_view code, const std::string& where, Mask& mask);

/// A rectangle in pixels, as RSNA's table has it.
struct AnnotatedBox {
  double x = 0, y = 0, width = 0, height = 0;
};

/// Sets the pixels of the rectangle to 1, from (x, y) to (x + width, y + height) truncated, both
/// included, as the original draws it (spec D.1); what lies on the image's far edge is clipped.
/// Throws Error beginning with `where` when it goes beyond.
void draw_box(const AnnotatedBox& box, const std::string& where, Mask& mask);

}  // namespace evax::data
