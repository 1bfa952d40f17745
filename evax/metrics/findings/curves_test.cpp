#include "evax/metrics/findings/curves.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

TEST(Curves, AgreeWithScikitLearn) {
  const Json oracle = fixture("curves.json");
  const auto labels = numbers<float>(oracle["labels"]);
  const auto scores = numbers<double>(oracle["scores"]);
  const Ranking ranking = rank(labels, scores);

  const auto roc = roc_curve(ranking, scores);
  ASSERT_EQ(roc.size(), oracle["fpr"].size());
  EXPECT_TRUE(std::isinf(roc[0].threshold));
  for (size_t i = 0; i < roc.size(); ++i) {
    EXPECT_EQ(roc[i].false_positive_rate, oracle["fpr"][i]) << i;
    EXPECT_EQ(roc[i].true_positive_rate, oracle["tpr"][i]) << i;
    if (i == 0) continue;
    EXPECT_EQ(roc[i].threshold, oracle["roc_thresholds"][i - 1]) << i;
  }

  const auto curve = precision_recall_curve(ranking, scores);
  ASSERT_EQ(curve.size(), oracle["precision"].size());
  EXPECT_TRUE(std::isinf(curve[0].threshold));
  for (size_t i = 0; i < curve.size(); ++i) {
    EXPECT_EQ(curve[i].precision, oracle["precision"][i]) << i;
    EXPECT_EQ(curve[i].recall, oracle["recall"][i]) << i;
    if (i == 0) continue;
    EXPECT_EQ(curve[i].threshold, oracle["pr_thresholds"][i - 1]) << i;
  }
}

TEST(Curves, AreEmptyWhereAClassIsAbsent) {
  const std::vector<double> scores{.1, .9, .4};
  for (const std::vector<float>& labels :
       {std::vector<float>{1, 1, 1}, std::vector<float>{0, NAN, 0}}) {
    const Ranking ranking = rank(labels, scores);
    EXPECT_TRUE(roc_curve(ranking, scores).empty());
    EXPECT_TRUE(precision_recall_curve(ranking, scores).empty());
    EXPECT_FALSE(average_precision(ranking));
  }
  EXPECT_TRUE(roc_curve(rank({}, {}), {}).empty());
}

}  // namespace
}  // namespace evax::metrics
