#include "evax/report/plots/histogram.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "evax/metrics/percentile.h"
#include "evax/report/plots/axes.h"

namespace evax::report {

Svg histogram(const std::string& label, std::span<const double> values) {
  std::array<int64_t, 20> counts{};
  const auto bins = static_cast<double>(counts.size());
  for (const double value : values)
    ++counts[std::min(static_cast<size_t>(value * bins), counts.size() - 1)];
  const auto most = std::max(*std::max_element(counts.begin(), counts.end()), int64_t{4});

  constexpr double width = 265, height = 190, left = 52, top = 8, right = 13, bottom = 44;
  constexpr double endless = std::numeric_limits<double>::infinity();
  Svg svg(left + width + right, top + height + bottom);
  const Plot at(svg, {left, top}, width, height, unit_axis(label),
                axis_over("images", 0, static_cast<double>(most), 0, endless));
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const Point corner = at({static_cast<double>(i) / bins, static_cast<double>(counts[i])});
    svg.rect({corner.x + 0.5, corner.y}, width / bins - 1, at.bottom() - corner.y, "cell", 0.85);
  }
  if (!values.empty()) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const double x = at({metrics::percentile(sorted, 50), 0}).x;
    svg.line({x, at.top()}, {x, at.bottom()}, "guide");
  }
  return svg;
}

}  // namespace evax::report
