#include "evax/metrics/segmentation/pixel_counts.h"

#include <algorithm>

#include "evax/metrics/ratio.h"

namespace evax::metrics {

std::optional<double> dice(const PixelCounts& counts) {
  return ratio(2 * counts.intersection, counts.prediction + counts.label);
}

std::optional<double> jaccard(const PixelCounts& counts) {
  return ratio(counts.intersection, counts.union_size());
}

std::vector<uint8_t> mark(std::span<const float> probabilities, double threshold) {
  std::vector<uint8_t> marked(probabilities.size());
  std::transform(probabilities.begin(), probabilities.end(), marked.begin(),
                 [limit = static_cast<float>(threshold)](float p) { return p > limit; });
  return marked;
}

PixelCounts count_pixels(std::span<const uint8_t> marked, std::span<const uint8_t> labels,
                         uint8_t class_index) {
  PixelCounts counts;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignored_label) continue;
    const bool is_of_class = labels[i] == class_index;
    counts.intersection += marked[i] != 0 && is_of_class;
    counts.prediction += marked[i] != 0;
    counts.label += is_of_class;
  }
  return counts;
}

}  // namespace evax::metrics
