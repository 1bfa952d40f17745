#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace evax::metrics {

/// The temperature T in (1/100, 100) that minimises the negative log-likelihood of the labels given
/// logits / T: Guo et al., "On calibration of modern neural networks", ICML 2017. Exclusive: mean
/// cross entropy of the softmax; otherwise mean binary cross entropy over the labels that count.
/// Row-major [rows, classes]; labels 1 or 0, NaN does not count; exclusive: one-hot. Empty where
/// the labels are of one kind or no minimum lies inside: the likelihood of logits that order every
/// label right grows without bound as T falls. Throws Error for logits that are not finite.
std::optional<double> fit_temperature(std::span<const float> labels, std::span<const double> logits,
                                      size_t classes, bool exclusive);

}  // namespace evax::metrics
