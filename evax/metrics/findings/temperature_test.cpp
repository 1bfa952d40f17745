#include "evax/metrics/findings/temperature.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

// scipy's bounded minimum sees the loss, flat at the bottom, hence about half of the digits.
TEST(Temperature, AgreesWithScipy) {
  const Json oracle = fixture("temperatures.json");
  ASSERT_EQ(oracle.size(), 6U);
  for (const Json& item : oracle) {
    const auto temperature =
        fit_temperature(numbers<float>(item["labels"]), numbers<double>(item["logits"]),
                        item["classes"], item["exclusive"]);
    ASSERT_TRUE(temperature);
    const double expected = item["temperature"];
    EXPECT_NEAR(*temperature, expected, 1e-6 * expected);
  }
}

TEST(Temperature, ScalesWithTheLogits) {
  const Json item = fixture("temperatures.json")[0];
  const auto labels = numbers<float>(item["labels"]);
  auto logits = numbers<double>(item["logits"]);
  const double before = *fit_temperature(labels, logits, 4, false);
  for (double& logit : logits) logit *= 3;
  EXPECT_NEAR(*fit_temperature(labels, logits, 4, false), 3 * before, 1e-10);
}

TEST(Temperature, IsUndefinedWithoutAMinimum) {
  const std::vector<double> logits{-1, 2, -3, 4};
  const auto fit = [&](const std::vector<float>& labels) {
    return fit_temperature(labels, logits, 1, false);
  };
  EXPECT_FALSE(fit({0, 0, NAN, 0}));  // one kind
  EXPECT_FALSE(fit({0, 1, 0, 1}));    // every one right: the smaller the better
  EXPECT_FALSE(fit({1, 0, 1, 0}));    // every one wrong: the larger the better
  EXPECT_TRUE(fit({0, 1, 1, 1}));
  EXPECT_FALSE(fit_temperature(std::vector<float>{1, 0, 1, 0}, logits, 2, true));
  EXPECT_FALSE(fit_temperature({}, {}, 2, true));
}

TEST(Temperature, ExtremeLogitsDoNotOverflow) {
  const std::vector<double> logits{-4e4, 3e4, 1e3, -2e3, 5e3, 1e3};
  const std::vector<float> labels{0, 1, 0, 1, 1, 0};
  const auto independent = fit_temperature(labels, logits, 1, false);
  EXPECT_FALSE(independent && !std::isfinite(*independent));
  EXPECT_CONTAINS(
      error_of([&] { fit_temperature(labels, std::vector<double>(6, INFINITY), 2, true); }),
      "expected finite numbers, found inf");
}

}  // namespace
}  // namespace evax::metrics
