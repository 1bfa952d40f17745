#pragma once

#include <array>
#include <optional>

#include "evax/metrics/segmentation/pixel_counts.h"

namespace evax::metrics {

/// Finds the threshold of one class on a validation set in one pass over its images: 0.01, 0.02,
/// ..., 0.99, compared as in mark().
class ThresholdSearch {
 public:
  static constexpr size_t size = 99;
  static double threshold(size_t index) { return static_cast<double>(index + 1) / 100; }

  /// One image: `probabilities` [pixels] of the class, `labels` [pixels] class indices.
  void add(std::span<const float> probabilities, std::span<const uint8_t> labels,
           uint8_t class_index);

  /// The pixels of all images at threshold(index).
  PixelCounts counts(size_t index) const;
  /// The threshold of the largest Dice over all pixels, of equals the one nearest to 0.5. Empty
  /// where no pixel is of the class.
  std::optional<double> best() const;

 private:
  // Pixels by how many thresholds their probability is above.
  std::array<int64_t, size + 1> inside_{}, outside_{};
};

}  // namespace evax::metrics
