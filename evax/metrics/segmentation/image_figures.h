#pragma once

#include <optional>
#include <vector>

#include "evax/metrics/segmentation/distance_transform.h"
#include "evax/metrics/segmentation/pixel_counts.h"

namespace evax::metrics {

/// What a model marked on one image, measured against the image's labels. C classes.
struct ImageFigures {
  std::vector<PixelCounts> counts;          // [C + 1]; background, marked as nothing, comes first
  std::vector<std::optional<double>> hd95;  // [C], in units of the pixel size
};

/// `probabilities` [C, height, width] of classes 1 to C, `labels` [height, width] class indices,
/// `thresholds` [C]. Ignored pixels are outside of everything. Throws Error for sizes that do not
/// fit and for a label beyond the classes.
ImageFigures judge_image(std::span<const float> probabilities, std::span<const uint8_t> labels,
                         size_t height, size_t width, std::span<const double> thresholds,
                         const PixelSize& size = {});

}  // namespace evax::metrics
