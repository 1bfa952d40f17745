#include "evax/tasks/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evax::tasks {
namespace {

// In units of the training data's standard deviation. In 1,362 chest X-rays of six public sets the
// mean lies between -0.89 and 1.09 and the spread between 0.19 and 1.25 (docs/images.md).
constexpr double largest_mean = 1.3;
constexpr double smallest_spread = 0.15;
constexpr double largest_spread = 1.5;

struct Statistics {
  double mean;
  double spread;
};

Statistics statistics_of(std::span<const float> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / count)};
}

}  // namespace

std::vector<std::string> warnings_of(const Item& item, const weights::Preprocess& preprocess) {
  std::vector<std::string> warnings = item.info.warnings;
  if (std::min(item.width, item.height) < preprocess.crop)
    warnings.push_back(fmt::format("low resolution: {} x {} pixels, the model works at {} x {}",
                                   item.width, item.height, preprocess.crop, preprocess.crop));
  const Statistics seen = statistics_of(item.input.floats());
  if (std::abs(seen.mean) > largest_mean || seen.spread < smallest_spread ||
      seen.spread > largest_spread)
    warnings.push_back(
        fmt::format("unusual brightness or contrast for a chest X-ray: mean {:+.1f}, spread {:.1f} "
                    "(the model's training data: 0 and 1)",
                    seen.mean, seen.spread));
  return warnings;
}

}  // namespace evax::tasks
