#include "evax/metrics/findings/auc.h"

#include <gtest/gtest.h>

#include <cmath>

namespace evax::metrics {
namespace {

// Expected values are scikit-learn 1.7's roc_auc_score for the same rows.
TEST(AucTest, AgreesWithScikitLearn) {
  const std::vector<float> labels{0, 0, 1, 1, 0, 1, 1, 0};
  EXPECT_DOUBLE_EQ(*roc_auc(labels, std::vector<double>{.1F, .4F, .35F, .8F, .2F, .9F, .4F, .5F}),
                   0.78125);
  EXPECT_DOUBLE_EQ(*roc_auc(labels, std::vector<double>(8, 0.5)), 0.5);  // all tied
}

TEST(AucTest, ClassesThatAreAbsentAreUndefinedNotZero) {
  EXPECT_FALSE(roc_auc(std::vector<float>{0, 0}, std::vector<double>{.1F, .2F}));
  EXPECT_FALSE(roc_auc({}, {}));
  // Perfectly wrong is a zero that counts (spec H 14).
  const std::vector<float> labels{0, 1, 1, 1};
  const std::vector<double> scores{.9F, .5F, .1F, .5F};
  const auto areas = roc_auc_per_class(labels, scores, 2);
  EXPECT_DOUBLE_EQ(*areas[0], 0.0);
  EXPECT_FALSE(areas[1]);
  EXPECT_DOUBLE_EQ(*mean_defined(areas), 0.0);
}

TEST(AucTest, IgnoredLabelsDoNotCount) {
  const std::vector<float> labels{0, 1, NAN, 1};
  EXPECT_DOUBLE_EQ(*roc_auc(labels, std::vector<double>{.1F, .2F, .9F, .05F}), 0.5);
}

TEST(AucTest, ScoresThatAreNoNumbersHaveNoOrder) {
  const std::vector<double> scores{.1, NAN, .9, .4};
  EXPECT_FALSE(roc_auc(std::vector<float>{0, 1, 1, 0}, scores));
  EXPECT_DOUBLE_EQ(*roc_auc(std::vector<float>{0, NAN, 1, 0}, scores), 1);
  EXPECT_DOUBLE_EQ(
      *roc_auc(std::vector<float>{0, 1, 1}, std::vector<double>{-INFINITY, -1, INFINITY}), 1);
}

}  // namespace
}  // namespace evax::metrics
