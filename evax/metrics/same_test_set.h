#pragma once

#include <cstdint>
#include <vector>

#include "evax/metrics/predictions.h"

namespace evax::metrics {

/// Throws Error, with one sentence, unless both were made on the same test set: the same classes,
/// the same paths in any order, the same labels. Returns for each row of `a` the row of `b`.
std::vector<uint32_t> check_same_test_set(const Predictions& a, const Predictions& b);

}  // namespace evax::metrics
