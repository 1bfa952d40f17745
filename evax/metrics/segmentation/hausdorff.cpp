#include "evax/metrics/segmentation/hausdorff.h"

#include <algorithm>

#include "evax/metrics/percentile.h"

namespace evax::metrics {
namespace {

std::vector<uint8_t> boundary(std::span<const uint8_t> mask, size_t height, size_t width) {
  std::vector<uint8_t> edge(mask.size());
  for (size_t y = 0; y < height; ++y)
    for (size_t x = 0; x < width; ++x) {
      const size_t i = y * width + x;
      if (mask[i] == 0) continue;
      edge[i] = y == 0 || y + 1 == height || x == 0 || x + 1 == width || mask[i - width] == 0 ||
                mask[i + width] == 0 || mask[i - 1] == 0 || mask[i + 1] == 0;
    }
  return edge;
}

double directed95(std::span<const uint8_t> from, std::span<const double> distances) {
  std::vector<double> found;
  for (size_t i = 0; i < from.size(); ++i)
    if (from[i] != 0) found.push_back(distances[i]);
  std::sort(found.begin(), found.end());
  return percentile(found, 95);
}

bool is_empty(std::span<const uint8_t> mask) {
  return std::all_of(mask.begin(), mask.end(), [](uint8_t value) { return value == 0; });
}

}  // namespace

std::optional<double> hausdorff95(std::span<const uint8_t> a, std::span<const uint8_t> b,
                                  size_t height, size_t width, const PixelSize& size) {
  if (is_empty(a) || is_empty(b)) return std::nullopt;
  const auto edge_a = boundary(a, height, width), edge_b = boundary(b, height, width);
  return std::max(directed95(edge_a, distance_transform(edge_b, height, width, size)),
                  directed95(edge_b, distance_transform(edge_a, height, width, size)));
}

}  // namespace evax::metrics
