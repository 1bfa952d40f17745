#pragma once

#include <optional>

#include "evax/metrics/segmentation/distance_transform.h"

namespace evax::metrics {

/// The 95 % Hausdorff distance of two masks [height, width] (inside where not 0): the larger of the
/// two directed 95th percentiles (numpy.percentile, linear) of the distances from the boundary
/// pixels of the one to the nearest of the other. A boundary pixel is inside and has one of its
/// four neighbours outside, or beyond the picture. Empty where either mask is.
///
/// Source: Maier-Hein et al., "Metrics reloaded", Nature Methods 21, 2024; the same as MONAI's
/// compute_hausdorff_distance(percentile=95). MedPy's hd95 takes one percentile of both directions'
/// distances together.
std::optional<double> hausdorff95(std::span<const uint8_t> a, std::span<const uint8_t> b,
                                  size_t height, size_t width, const PixelSize& size = {});

}  // namespace evax::metrics
