#pragma once

#include "evax/core/random.h"
#include "evax/image/image.h"
#include "evax/image/resize/affine.h"

namespace evax::data {

/// How far a picture is turned, enlarged and moved at most.
struct AffineRange {
  double rotate = 0;  // degrees, either way
  double zoom = 0;    // factors of 1 / (1 + zoom) to 1 + zoom
  double shift = 0;   // share of the side, either way
  bool empty() const { return rotate == 0 && zoom == 0 && shift == 0; }
};

/// An angle, a factor and two distances, uniform in their ranges (the factor in its logarithm),
/// about the middle of a picture of `size` squared. The map goes from the result to the source.
image::Affine draw_affine(const AffineRange& range, int size, DrawSource& random);

/// Where a mask's pixels come from: the pixel that holds the mapped centre; 0 where the source is
/// left.
image::Image transform_nearest(const image::Image& mask, const image::Affine& matrix);

}  // namespace evax::data
