#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/report/plots/svg.h"

namespace evax::report {

/// Counts of truth (rows) against call (columns) and the share of the row below each, shaded by it.
struct ConfusionPlot {
  std::vector<std::string> truths, calls;
  std::vector<std::vector<int64_t>> counts;  // [truths][calls]
};

Svg draw(const ConfusionPlot& plot);

}  // namespace evax::report
