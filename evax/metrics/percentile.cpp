#include "evax/metrics/percentile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace evax::metrics {

double percentile(std::span<const double> sorted, double percent) {
  const double position = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

}  // namespace evax::metrics
