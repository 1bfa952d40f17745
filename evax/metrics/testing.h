#pragma once

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evax/core/random.h"
#include "evax/core/testing/support.h"
#include "evax/metrics/findings/predictions.h"

namespace evax::metrics::testing {

using Json = nlohmann::json;

/// A file of tests/fixtures/metrics (tools/oracles/metrics.py).
inline Json fixture(const std::string& name) {
  std::ifstream file(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/metrics/" + name);
  return Json::parse(file);
}

/// null is NaN.
template <typename T>
std::vector<T> numbers(const Json& json) {
  std::vector<T> values;
  for (const Json& value : json)
    values.push_back(value.is_null() ? std::numeric_limits<T>::quiet_NaN() : value.get<T>());
  return values;
}

/// null is undefined; the tolerance is that of float64 sums in another order.
inline void expect_equal(const std::optional<double>& value, const Json& expected,
                         const std::string& what, double tolerance = 1e-12) {
  ASSERT_EQ(value.has_value(), !expected.is_null()) << what;
  if (value) {
    EXPECT_NEAR(*value, expected.get<double>(), tolerance) << what;
  }
}

/// A table of tables.json, its images named 0.png, 1.png, ...
inline Predictions predictions_of(const Json& table) {
  Predictions predictions;
  predictions.exclusive = table["exclusive"];
  for (size_t c = 0; c < table["classes"].size(); ++c)
    predictions.classes.push_back(fmt::format("class {}", c));
  predictions.labels = numbers<float>(table["labels"]);
  predictions.probabilities = numbers<double>(table["probabilities"]);
  for (size_t i = 0; i < predictions.labels.size() / predictions.classes.size(); ++i)
    predictions.paths.push_back(fmt::format("{}.png", i));
  return predictions;
}

inline Predictions table(const std::string& name) {
  for (const Json& item : fixture("tables.json"))
    if (item["name"] == name) return predictions_of(item);
  throw std::runtime_error("no table " + name);
}

using test::error_of;

}  // namespace evax::metrics::testing
