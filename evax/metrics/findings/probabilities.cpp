#include "evax/metrics/findings/probabilities.h"

#include <algorithm>
#include <cmath>

namespace evax::metrics {
namespace {

void softmax(std::span<double> values) {
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double& value : values) sum += value = std::exp(value - largest);
  for (double& value : values) value /= sum;
}

}  // namespace

std::vector<double> probabilities_of(std::span<const float> logits, size_t classes, bool exclusive,
                                     double temperature) {
  std::vector<double> values;
  values.reserve(logits.size());
  for (const float logit : logits) values.push_back(logit / temperature);
  if (!exclusive) {
    for (double& value : values) value = 1 / (1 + std::exp(-value));
    return values;
  }
  for (size_t row = 0; row < values.size(); row += classes)
    softmax(std::span(values).subspan(row, classes));
  return values;
}

}  // namespace evax::metrics
