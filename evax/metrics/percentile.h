#pragma once

#include <span>

namespace evax::metrics {

/// numpy.percentile (linear) of at least one number in rising order; `percent` from 0 to 100.
double percentile(std::span<const double> sorted, double percent);

}  // namespace evax::metrics
