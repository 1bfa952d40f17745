#include "evax/metrics/findings/thresholds.h"

#include "evax/metrics/findings/ranking.h"
#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

TEST(Thresholds, AgreeWithScikitLearn) {
  const ThresholdRule sensitivity = parse_threshold_rule("sensitivity=0.8");
  for (const Json& table : fixture("tables.json")) {
    const Predictions predictions = predictions_of(table);
    const size_t classes = predictions.classes.size();
    for (size_t c = 0; c < classes; ++c) {
      const auto labels = column<float>(predictions.labels, classes, c);
      const auto scores = column<double>(predictions.probabilities, classes, c);
      const std::string name = table["name"].get<std::string>() + ", " + predictions.classes[c];
      expect_equal(find_threshold(labels, scores, {}), table["classes"][c]["youden"], name, 0);
      expect_equal(find_threshold(labels, scores, sensitivity),
                   table["classes"][c]["sensitivity_80"], name, 0);
    }
  }
}

TEST(Thresholds, OfTwoExclusiveClassesTheSecondHasIt) {
  const Predictions two = table("two classes");
  const auto thresholds = find_thresholds(two, {});
  EXPECT_EQ(thresholds[1], find_threshold(column<float>(two.labels, 2, 1),
                                          column<double>(two.probabilities, 2, 1), {}));
  EXPECT_EQ(*thresholds[0], 1 - *thresholds[1]);
  EXPECT_CONTAINS(error_of([] { find_thresholds(table("three classes"), {}); }),
                  "found 3 exclusive classes");
}

TEST(Thresholds, RulesAreParsed) {
  EXPECT_EQ(parse_threshold_rule("youden").kind, ThresholdRule::Kind::youden);
  EXPECT_EQ(parse_threshold_rule("sensitivity=0.95").sensitivity, 0.95);
  EXPECT_EQ(parse_threshold_rule("sensitivity=1").sensitivity, 1);
  for (const char* wrong :
       {"", "Youden", "sensitivity", "sensitivity=", "sensitivity=0", "sensitivity=1.1",
        "sensitivity=0.9x", "sensitivity=nan", "specificity=0.9"})
    EXPECT_THROW(parse_threshold_rule(wrong), UsageError) << wrong;
}

}  // namespace
}  // namespace evax::metrics
