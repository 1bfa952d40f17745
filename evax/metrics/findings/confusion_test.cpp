#include "evax/metrics/findings/confusion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace evax::metrics {
namespace {

TEST(Confusion, RatiosWithoutADenominatorAreUndefined) {
  const Confusion none;
  for (const auto& ratio :
       {sensitivity(none), specificity(none), ppv(none), npv(none), f1(none), accuracy(none)})
    EXPECT_FALSE(ratio);
  const Confusion nothing_called{0, 0, 7, 2};
  EXPECT_FALSE(ppv(nothing_called));
  EXPECT_EQ(sensitivity(nothing_called), 0);
  EXPECT_EQ(f1(nothing_called), 0);
  EXPECT_DOUBLE_EQ(*npv(nothing_called), 7. / 9);
}

TEST(Confusion, OneClassOfTheMatrixAgainstTheRest) {
  ConfusionMatrix matrix(3);
  matrix.counts = {5, 1, 2,  //
                   3, 7, 4,  //
                   0, 6, 9};
  const Confusion middle = one_against_rest(matrix, 1);
  EXPECT_EQ(middle.true_positive, 7);
  EXPECT_EQ(middle.false_negative, 3 + 4);
  EXPECT_EQ(middle.false_positive, 1 + 6);
  EXPECT_EQ(middle.true_negative, 5 + 2 + 0 + 9);
  EXPECT_DOUBLE_EQ(*accuracy(matrix), 21. / 37);
}

TEST(Confusion, RowsWithoutATruthDoNotCount) {
  const std::vector<float> labels{1, 0, NAN, NAN, 0, 1};
  const std::vector<double> scores{.7, .3, .2, .8, .6, .4};
  EXPECT_EQ(true_classes(labels, 2), (std::vector<int32_t>{0, -1, 1}));
  EXPECT_EQ(most_probable_classes(scores, 2), (std::vector<int32_t>{0, 1, 0}));
  EXPECT_EQ(top1_accuracy(labels, scores, 2), 0.5);
  EXPECT_FALSE(top1_accuracy({}, {}, 2));
}

TEST(Confusion, TheFirstOfEqualScoresIsCalled) {
  EXPECT_EQ(most_probable_classes(std::vector<double>{.2, .4, .4}, 3), std::vector<int32_t>{1});
}

}  // namespace
}  // namespace evax::metrics
