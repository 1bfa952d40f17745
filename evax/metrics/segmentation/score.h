#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evax/metrics/segmentation/evaluation.h"

namespace evax::metrics {

/// Throws Error where paths, patients and figures are not those of n images and of all classes.
void check_images(const Segmentations& segmentations);

/// Counts and the values of all figures of the images counted multiplicity[image] times each. No
/// names, thresholds, intervals, notes.
SegmentationEvaluation score(const Segmentations& segmentations,
                             std::span<const uint32_t> multiplicity);

/// All figures that get an interval, in a fixed order.
std::vector<Figure*> figures_of(SegmentationEvaluation& evaluation);

}  // namespace evax::metrics
