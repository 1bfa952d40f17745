#pragma once

#include <span>
#include <string>

#include "evax/report/plots/svg.h"

namespace evax::report {

/// How many of the values, all in [0, 1], lie in each of 20 equal bins (the last one holds 1); a
/// dashed line is at their median. `label` is that of the axis.
Svg histogram(const std::string& label, std::span<const double> values);

}  // namespace evax::report
