#pragma once

#include <array>
#include <optional>

#include "evax/data/dataset.h"
#include "evax/data/segmentation/mask.h"

namespace evax::data {

/// An image and its mask, of one size.
struct MaskedImage {
  image::Image image;
  Mask mask;
  std::optional<std::array<double, 2>> pixel_spacing{};  // as in image::Info
};

/// A sample of a segmentation list as its files are: for the loader, which resizes both, and for
/// evaluation at the original size. Thread-safe. Throws Error naming the file at fault, both where
/// their sizes differ.
MaskedImage read_masked_image(const Dataset& dataset, const Sample& sample);

/// Throws Error when no readable mask of a list has a pixel of a class: nothing to learn or to
/// score. Reads masks until one has.
void check_has_target(const Dataset& dataset);

}  // namespace evax::data
