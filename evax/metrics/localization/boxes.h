#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evax/core/box.h"

namespace evax::metrics {

/// 1 for the pixels of a box that lies within a picture [height, width], else 0: the labels that
/// its heat map is measured against (pixel_counts.h).
std::vector<uint8_t> box_labels(const Box& box, int height, int width);

/// Intersection over union of two boxes; 0 where neither has a pixel.
double box_iou(const Box& a, const Box& b);

}  // namespace evax::metrics
