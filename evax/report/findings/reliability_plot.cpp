#include "evax/report/findings/reliability_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evax/report/numbers.h"
#include "evax/report/plots/axes.h"

namespace evax::report {

Svg reliability_plot(const std::vector<metrics::ReliabilityBin>& bins) {
  constexpr double side = 232, left = 52, top = 10, right = 12, bottom = 44;
  Svg svg(left + side + right, top + side + bottom);
  const Plot at(svg, {left, top}, side, side, unit_axis("predicted probability"),
                unit_axis("observed share"));
  svg.line(at({0, 0}), at({1, 1}), "guide");

  std::vector<Point> centres;
  double rows = 0;
  for (const auto& bin : bins) {
    centres.push_back(at({bin.mean_probability, bin.observed}));
    rows += static_cast<double>(bin.count);
  }
  svg.path(centres, "leader");
  for (size_t i = 0; i < bins.size(); ++i) {
    const double radius =
        std::max(2.5, 14 * std::sqrt(static_cast<double>(bins[i].count) / std::max(rows, 1.)));
    svg.circle(centres[i], radius, "s0",
               fmt::format("{}: predicted {:.3f}, observed {:.3f}", shown_count(bins[i].count),
                           bins[i].mean_probability, bins[i].observed));
  }
  return svg;
}

}  // namespace evax::report
