#include "evax/metrics/findings/delong.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

TEST(Delong, AgreesWithTheDefinitionPairByPair) {
  const Json oracle = fixture("delong.json");
  ASSERT_EQ(oracle.size(), 2U);
  for (const Json& item : oracle) {
    const auto labels = numbers<float>(item["labels"]);
    const auto a = numbers<double>(item["a"]);
    const auto b = numbers<double>(item["b"]);
    expect_equal(delong_variance(labels, a), item["variance_a"], "variance of a", 1e-14);
    expect_equal(delong_variance(labels, b), item["variance_b"], "variance of b", 1e-14);
    const auto test = delong_test(labels, a, b);
    ASSERT_TRUE(test);
    EXPECT_NEAR(test->difference, item["difference"], 1e-14);
    EXPECT_NEAR(test->standard_error, item["standard_error"], 1e-14);
    expect_equal(test->z, item["z"], "z");
    expect_equal(test->p, item["p"], "p");
  }
}

TEST(Delong, EqualScoresDoNotDiffer) {
  const Json item = fixture("delong.json")[0];
  const auto labels = numbers<float>(item["labels"]);
  const auto scores = numbers<double>(item["a"]);
  const auto test = delong_test(labels, scores, scores);
  EXPECT_EQ(test->difference, 0);
  EXPECT_FALSE(test->z);
  EXPECT_EQ(test->p, 1);
}

TEST(Delong, IsUndefinedWithoutTwoRowsOfEither) {
  const std::vector<double> scores{.1, .2, .3, .4};
  EXPECT_FALSE(delong_variance(std::vector<float>{0, 1, 0, NAN}, scores));
  EXPECT_FALSE(delong_test(std::vector<float>{1, 1, 0, 1}, scores, scores));
  // Right in all pairs against wrong in all: nothing varies, the normal law says nothing.
  const auto test =
      delong_test(std::vector<float>{0, 0, 1, 1}, scores, std::vector<double>{.4, .3, .2, .1});
  EXPECT_EQ(test->difference, -1);
  EXPECT_FALSE(test->p);
}

TEST(Delong, LabelsThatDoNotCountAreLeftOut) {
  const std::vector<float> labels{0, 1, NAN, 1, 0};
  const std::vector<double> scores{.1, .9, .95, .3, .4};
  EXPECT_EQ(delong_variance(labels, scores),
            delong_variance(std::vector<float>{0, 1, 1, 0}, std::vector<double>{.1, .9, .3, .4}));
}

}  // namespace
}  // namespace evax::metrics
