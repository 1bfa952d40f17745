#include "evax/metrics/localization/boxes.h"

#include <algorithm>

#include "evax/metrics/ratio.h"

namespace evax::metrics {

std::vector<uint8_t> box_labels(const Box& box, int height, int width) {
  std::vector<uint8_t> labels(static_cast<size_t>(height) * static_cast<size_t>(width));
  for (int y = box.y; y < box.y + box.height; ++y)
    std::fill_n(labels.begin() + static_cast<ptrdiff_t>(y) * width + box.x, box.width, uint8_t{1});
  return labels;
}

double box_iou(const Box& a, const Box& b) {
  const int64_t both = area_of(intersection(a, b));
  return ratio(both, area_of(a) + area_of(b) - both).value_or(0);
}

}  // namespace evax::metrics
