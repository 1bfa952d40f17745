#pragma once

#include "evax/core/box.h"
#include "evax/core/random.h"
#include "evax/image/image.h"

namespace evax::data {

/// torchvision's RandomResizedCrop.get_params as timm has it: an area uniform in [scale_min,
/// scale_max] of the picture and a log-uniform aspect ratio in [ratio_min, ratio_max]; after ten
/// boxes that do not fit, the largest central box of an allowed ratio.
struct CropRange {
  double scale_min, scale_max, ratio_min, ratio_max;
};
Box draw_crop(int width, int height, const CropRange& range, DrawSource& random);

/// The pixels of the box.
image::Image cut(const image::Image& image, const Box& box);

/// The box cut out and resized to `size` squared, bicubic (torchvision's resized_crop).
image::Image resized_crop(const image::Image& image, const Box& box, int size);

/// Mirrors every row in place.
void flip_horizontally(image::Image& image);

}  // namespace evax::data
