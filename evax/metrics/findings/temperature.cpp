#include "evax/metrics/findings/temperature.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "evax/core/error.h"
#include "evax/metrics/findings/confusion.h"

namespace evax::metrics {
namespace {

// The loss is convex in the scale s = 1 / T that multiplies the logits, so its slope in s rises and
// changes sign once at most. Slopes are sums over the rows: d loss / d s.

double slope_independent(std::span<const float> labels, std::span<const double> logits,
                         double scale) {
  double slope = 0;
  for (size_t i = 0; i < labels.size(); ++i)
    if (!std::isnan(labels[i]))
      slope += (1 / (1 + std::exp(-scale * logits[i])) - labels[i]) * logits[i];
  return slope;
}

double slope_exclusive(std::span<const int32_t> truth, std::span<const double> logits,
                       size_t classes, double scale) {
  double slope = 0;
  for (size_t row = 0; row < truth.size(); ++row) {
    if (truth[row] < 0) continue;
    const auto z = logits.subspan(row * classes, classes);
    const double top = *std::max_element(z.begin(), z.end());
    double weights = 0;
    double weighted = 0;
    for (const double logit : z) {
      const double weight = std::exp(scale * (logit - top));
      weights += weight;
      weighted += weight * logit;
    }
    slope += weighted / weights - z[static_cast<size_t>(truth[row])];
  }
  return slope;
}

// The zero of a rising function between exp(-range) and exp(range), by bisection of the logarithm.
template <typename Slope>
std::optional<double> rising_zero(Slope slope, double range) {
  double low = -range;
  double high = range;
  if (!(slope(std::exp(low)) < 0 && slope(std::exp(high)) > 0)) return std::nullopt;
  for (int i = 0; i < 52; ++i) {
    const double middle = (low + high) / 2;
    (slope(std::exp(middle)) < 0 ? low : high) = middle;
  }
  return std::exp((low + high) / 2);
}

}  // namespace

std::optional<double> fit_temperature(std::span<const float> labels, std::span<const double> logits,
                                      size_t classes, bool exclusive) {
  for (const double logit : logits)
    if (!std::isfinite(logit)) fail("logits: expected finite numbers, found {}", logit);
  const double range = std::log(100.0);
  std::optional<double> scale;
  if (exclusive) {
    const auto truth = true_classes(labels, classes);
    std::set<int32_t> kinds(truth.begin(), truth.end());
    kinds.erase(-1);
    if (kinds.size() < 2) return std::nullopt;
    scale =
        rising_zero([&](double s) { return slope_exclusive(truth, logits, classes, s); }, range);
  } else {
    const auto is = [](float kind) { return [kind](float label) { return label == kind; }; };
    if (std::none_of(labels.begin(), labels.end(), is(1)) ||
        std::none_of(labels.begin(), labels.end(), is(0)))
      return std::nullopt;
    scale = rising_zero([&](double s) { return slope_independent(labels, logits, s); }, range);
  }
  if (!scale) return std::nullopt;
  return 1 / *scale;
}

}  // namespace evax::metrics
