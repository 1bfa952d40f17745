#include "evax/metrics/findings/compare.h"

#include <algorithm>

#include "evax/metrics/findings/delong.h"
#include "evax/metrics/findings/evaluation.h"
#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

// The same test set under a model that knows less, its rows in another order.
Predictions worse(const Predictions& predictions) {
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < predictions.size(); ++i) rows.push_back(i);
  Random random(3, 0, 0, Draw::sample);
  shuffle(rows.begin(), rows.end(), random);
  Predictions other = select_rows(predictions, rows);
  for (double& p : other.probabilities) p = 0.2 * p + 0.8 * random.uniform();
  return other;
}

TEST(Compare, ValuesAreThoseOfEachAndRowsAreMatchedByPath) {
  for (const char* name : {"gaps", "three classes"}) {
    const Predictions a = table(name);
    const Predictions b = worse(a);
    EvaluationOptions options;
    options.draws = 0;
    const Evaluation alone_a = evaluate(a, options);
    const Evaluation alone_b = evaluate(b, options);
    const Comparison both = compare(a, b, {500, 1, 2});
    EXPECT_EQ(both.mean_auc.a, alone_a.mean_auc.value);
    EXPECT_EQ(both.mean_auc.b, alone_b.mean_auc.value);
    EXPECT_EQ(both.accuracy.a, alone_a.accuracy.value);
    EXPECT_EQ(both.accuracy.b, alone_b.accuracy.value);
    EXPECT_EQ(*both.mean_auc.difference, *both.mean_auc.b - *both.mean_auc.a);
    EXPECT_LT(both.mean_auc.interval->low, *both.mean_auc.difference);
    EXPECT_GT(both.mean_auc.interval->high, *both.mean_auc.difference);
    EXPECT_LT(*both.mean_auc.p, 0.05) << name;
    EXPECT_EQ(both.accuracy.p.has_value(), a.exclusive);
    for (size_t c = 0; c < a.classes.size(); ++c)
      EXPECT_EQ(both.classes[c].auc.b, alone_b.classes[c].auc.value);
  }
}

TEST(Compare, AClassIsTestedByDelong) {
  const Json item = fixture("delong.json")[0];
  Predictions a;
  a.classes = {"Mass"};
  a.labels = numbers<float>(item["labels"]);
  for (size_t i = 0; i < a.labels.size(); ++i) a.paths.push_back(fmt::format("{}.png", i));
  Predictions b = a;
  a.probabilities = numbers<double>(item["a"]);
  b.probabilities = numbers<double>(item["b"]);
  const Comparison comparison = compare(a, b, {2000, 0, 1});
  expect_equal(comparison.classes[0].auc.p, item["p"], "p");
  expect_equal(comparison.classes[0].auc.difference, item["difference"], "difference");
  // The bootstrap of the same difference comes to much the same answer (1.96 standard errors).
  const double error = item["standard_error"];
  const Interval interval = *comparison.classes[0].auc.interval;
  EXPECT_NEAR((interval.high - interval.low) / (2 * 1.96), error, 0.15 * error);
}

TEST(Compare, AModelDoesNotDifferFromItself) {
  const Predictions a = table("two classes");
  std::vector<uint32_t> backwards(a.size());
  for (uint32_t i = 0; i < a.size(); ++i) backwards[a.size() - 1 - i] = i;
  const Comparison comparison = compare(a, select_rows(a, backwards), {200, 0, 1});
  EXPECT_EQ(comparison.accuracy.difference, 0);
  EXPECT_EQ(comparison.accuracy.interval->high, 0);
  EXPECT_EQ(comparison.accuracy.p, 1);
  EXPECT_EQ(comparison.classes[1].auc.p, 1);
}

TEST(Compare, ThreadsChangeNothing) {
  const Predictions a = table("three classes");
  const Predictions b = worse(a);
  const Comparison one = compare(a, b, {301, 4, 1});
  const Comparison three = compare(a, b, {301, 4, 3});
  EXPECT_EQ(one.mean_auc.interval->low, three.mean_auc.interval->low);
  EXPECT_EQ(one.accuracy.p, three.accuracy.p);
}

}  // namespace
}  // namespace evax::metrics
