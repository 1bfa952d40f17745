#pragma once

#include <optional>

#include "evax/core/random.h"
#include "evax/image/image.h"

namespace evax::data {

/// What mmsegmentation's PhotoMetricDistortion does to a grey picture (spec D.2): levels added,
/// then a factor. Its saturation and hue are left out: they leave grey as it is.
struct PhotoMetricDistortion {
  std::optional<double> brightness;  // levels, in [-32, 32]
  std::optional<double> contrast;    // factor, in [0.5, 1.5]
};

/// Each of the two with probability 0.5.
PhotoMetricDistortion draw_distortion(DrawSource& random);

/// Applies it to 8 bits as the original does, bit for bit: each step in float32, clipped and
/// truncated.
void apply(const PhotoMetricDistortion& distortion, image::Image& image);

}  // namespace evax::data
