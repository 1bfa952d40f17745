#include "evax/metrics/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evax::metrics {
namespace {

std::optional<double> minus(std::optional<double> b, std::optional<double> a) {
  if (!a || !b) return std::nullopt;
  return *b - *a;
}

}  // namespace

std::optional<double> bootstrap_p(const std::vector<double>& draws) {
  size_t defined = 0;
  size_t below = 0;
  size_t above = 0;
  for (const double draw : draws) {
    if (std::isnan(draw)) continue;
    ++defined;
    below += draw <= 0;
    above += draw >= 0;
  }
  if (defined == 0 || 2 * defined < draws.size()) return std::nullopt;
  const auto fewer = static_cast<double>(std::min(below, above));
  return std::min(1.0, 2 * (fewer + 1) / (static_cast<double>(defined) + 1));
}

std::vector<Difference> paired_bootstrap(const Clusters& clusters, const Figures& a,
                                         const Figures& b, const BootstrapOptions& options) {
  const std::vector<uint32_t> once(clusters.of_row.size(), 1);
  const auto values_a = a(once);
  const auto values_b = b(once);
  const auto draws = bootstrap(
      clusters, values_a.size(), options,
      [&](std::span<const uint32_t> multiplicity, std::span<double> drawn) {
        const auto draw_a = a(multiplicity);
        const auto draw_b = b(multiplicity);
        for (size_t i = 0; i < drawn.size(); ++i)
          drawn[i] = minus(draw_b[i], draw_a[i]).value_or(std::numeric_limits<double>::quiet_NaN());
      });
  std::vector<Difference> differences;
  for (size_t i = 0; i < values_a.size(); ++i)
    differences.push_back({values_a[i], values_b[i], minus(values_b[i], values_a[i]),
                           percentile_interval(draws[i]), bootstrap_p(draws[i])});
  return differences;
}

ComparedImages compared_images(const Clusters& clusters) {
  return {static_cast<int64_t>(clusters.of_row.size()), static_cast<int64_t>(clusters.patients),
          clusters.patients > 0};
}

}  // namespace evax::metrics
