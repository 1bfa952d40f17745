#pragma once

#include <vector>

#include "evax/metrics/findings/evaluation.h"
#include "evax/report/plots/svg.h"

namespace evax::report {

/// Observed frequency over mean predicted probability with the diagonal of perfect calibration: a
/// dot for each bin, its area the share of the rows that are in it.
Svg reliability_plot(const std::vector<metrics::ReliabilityBin>& bins);

}  // namespace evax::report
