#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace evax::metrics {

/// Label of a pixel that takes part in nothing.
inline constexpr uint8_t ignored_label = 255;

/// How the pixels of one class agree, on one image or on several together (mmsegmentation's
/// intersect_and_union).
struct PixelCounts {
  int64_t intersection = 0;  // marked, and of the class
  int64_t prediction = 0;    // marked
  int64_t label = 0;         // of the class

  int64_t union_size() const { return prediction + label - intersection; }
  bool operator==(const PixelCounts&) const = default;
};

/// 2 I / (P + L). Empty where no pixel is marked and none is of the class: 0/0, as in
/// mmsegmentation.
std::optional<double> dice(const PixelCounts& counts);
/// I / U; empty as dice().
std::optional<double> jaccard(const PixelCounts& counts);

/// 1 where a probability is above the threshold, else 0; compared in float32, so that 0.3F itself
/// is not above 0.3 (spec D.8.5).
std::vector<uint8_t> mark(std::span<const float> probabilities, double threshold);

/// The pixels of one class; `marked` [pixels] 0 or 1, `labels` [pixels] class indices.
PixelCounts count_pixels(std::span<const uint8_t> marked, std::span<const uint8_t> labels,
                         uint8_t class_index);

}  // namespace evax::metrics
