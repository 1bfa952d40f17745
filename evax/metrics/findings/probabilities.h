#pragma once

#include <span>
#include <vector>

namespace evax::metrics {

/// Probabilities of logits [n, classes], in float64: softmax of logits / temperature for exclusive
/// classes, otherwise the sigmoid of each.
std::vector<double> probabilities_of(std::span<const float> logits, size_t classes, bool exclusive,
                                     double temperature = 1);

}  // namespace evax::metrics
