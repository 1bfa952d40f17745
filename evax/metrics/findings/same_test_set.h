#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/metrics/findings/predictions.h"

namespace evax::metrics {

/// The names by which a test set is known.
struct TestSetNames {
  const std::vector<std::string>& classes;
  const std::vector<std::string>& paths;
};

/// Throws Error, with one sentence, unless both have the same classes, and the same paths in any
/// order. Returns for each path of `a` its place in `b`.
std::vector<uint32_t> match_rows(const TestSetNames& a, const TestSetNames& b);

/// Throws Error, with one sentence, unless both were made on the same test set: the same classes,
/// the same paths in any order, the same labels. Returns for each row of `a` the row of `b`.
std::vector<uint32_t> check_same_test_set(const Predictions& a, const Predictions& b);

}  // namespace evax::metrics
