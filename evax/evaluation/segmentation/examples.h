#pragma once

#include <string>
#include <vector>

#include "evax/image/image.h"
#include "evax/metrics/segmentation/evaluation.h"

namespace evax::evaluation {

struct RankedImage {
  std::string rank;  // "best", "median", "worst"
  size_t image;      // of Segmentations::images
};

/// The images of the highest, the median (of an even number the lower) and the lowest Dice of a
/// class (0 is the first, not background) among those that show it, each image once: fewer than
/// three where fewer show it.
std::vector<RankedImage> example_images(const metrics::Segmentations& segmentations,
                                        size_t class_index);

/// A picture for report.html, as PNG: what is marked translucent in blue, the label's border in
/// orange. The masks have the X-ray's size.
std::string mask_thumbnail(const image::Image& xray, const image::Image& marked,
                           const image::Image& label);

}  // namespace evax::evaluation
