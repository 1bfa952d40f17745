#include "evax/image/heat/heat_map.h"

#include <algorithm>

#include "evax/core/interpolate.h"

namespace evax::image {
namespace {

// From 0 to 1 in float32; the small number is the original's, and all that is left of a map whose
// largest value is smaller.
void scale(std::vector<float>& values) {
  constexpr float tiny = 1e-7F;
  const float low = *std::min_element(values.begin(), values.end());
  for (float& value : values) value -= low;
  const float high = tiny + *std::max_element(values.begin(), values.end());
  for (float& value : values) value /= high;
}

}  // namespace

std::vector<float> heat_map(std::span<const float> raw, int grid, int height, int width) {
  std::vector<float> cells(raw.begin(), raw.end());
  for (float& cell : cells) cell = cell > 0 ? cell : 0;
  scale(cells);
  auto map = interpolate(cells.data(), grid, grid, height, width, Interpolation::bilinear, false);
  scale(map);
  return map;
}

std::vector<float> heat_map(std::span<const float> raw, int grid, const Box& seen, int height,
                            int width) {
  const std::vector<float> part = heat_map(raw, grid, seen.height, seen.width);
  const Box inside = intersection(seen, {0, 0, width, height});
  std::vector<float> map(static_cast<size_t>(width) * static_cast<size_t>(height));
  for (int y = inside.y; y < inside.y + inside.height; ++y) {
    const auto* from = part.data() + static_cast<ptrdiff_t>(y - seen.y) * seen.width;
    std::copy_n(from + (inside.x - seen.x), inside.width,
                map.data() + static_cast<ptrdiff_t>(y) * width + inside.x);
  }
  return map;
}

std::optional<Pixel> peak_of(std::span<const float> map, int width) {
  const auto peak = std::max_element(map.begin(), map.end());
  if (peak == map.end() || *peak <= 0) return std::nullopt;
  const auto index = static_cast<int>(peak - map.begin());
  return Pixel{index % width, index / width};
}

}  // namespace evax::image
