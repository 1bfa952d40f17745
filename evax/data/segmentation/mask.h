#pragma once

#include <cstdint>
#include <string>

#include "evax/image/image.h"

namespace evax::data {

/// A grey picture whose pixels are classes: 0 background, 1 ... C, 255 does not count
/// (mmsegmentation's ignore_index).
using Mask = image::Image;
inline constexpr uint8_t ignored_pixel = 255;

/// Throws Error beginning with `where` when there are more classes than a mask can hold.
void check_mask_classes(size_t classes, const std::string& where);

/// What 255 represents in the mask files of a list.
enum class MaskValues {
  automatic,  // the target, where there is one class and no pixel is 1; else it does not count
  index,      // it never counts
};

/// "auto" or "index", as recipes call them; throws Error on another word.
MaskValues mask_values_from_name(const std::string& name);

/// Reads a mask of `classes` classes from a PNG of any kind (palette indices, grey of 1 to 16 bits,
/// colour with equal channels; the white of other depths counts as 255) or a lossless enough JPEG.
/// Throws Error: file, the values that were expected, those that were found.
Mask read_mask(const std::string& path, size_t classes, MaskValues values);

/// Whether any pixel is of a class.
bool has_target(const Mask& mask);

/// Throws Error naming both files when a mask has not its image's size.
void check_same_size(const Mask& mask, const std::string& mask_path, const image::Image& image,
                     const std::string& image_path);

}  // namespace evax::data
