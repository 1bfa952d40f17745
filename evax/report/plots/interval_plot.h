#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/metrics/findings/evaluation.h"
#include "evax/report/plots/svg.h"

namespace evax::report {

/// One row of a forest plot.
struct IntervalRow {
  std::string label;
  metrics::Figure figure;
  std::string note;   // beside the label, muted: how many
  std::string words;  // on the right: the figure
};

/// A point and its 95 % interval in each row; a dashed line is at `reference` (the figure of all
/// rows).
struct IntervalPlot {
  std::string label;  // of the axis
  std::vector<IntervalRow> rows;
  std::optional<double> reference;
  double most = 1;  // that a figure can be
};

Svg draw(const IntervalPlot& plot);

}  // namespace evax::report
