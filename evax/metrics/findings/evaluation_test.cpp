#include "evax/metrics/findings/evaluation.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

EvaluationOptions without_draws() {
  EvaluationOptions options;
  options.draws = 0;
  return options;
}

void expect_class(const ClassFigures& figures, const Json& expected, const std::string& what) {
  EXPECT_EQ(figures.positives, expected["positives"]) << what;
  EXPECT_EQ(figures.negatives, expected["negatives"]) << what;
  const Confusion& c = figures.confusion;
  EXPECT_EQ(Json({c.true_positive, c.false_positive, c.true_negative, c.false_negative}),
            expected["confusion"])
      << what;
  expect_equal(figures.auc.value, expected["auc"], what + " auc");
  expect_equal(figures.average_precision.value, expected["average_precision"], what + " ap");
  expect_equal(figures.accuracy.value, expected["accuracy"], what + " accuracy");
  expect_equal(figures.sensitivity.value, expected["sensitivity"], what + " sensitivity");
  expect_equal(figures.specificity.value, expected["specificity"], what + " specificity");
  expect_equal(figures.ppv.value, expected["ppv"], what + " ppv");
  expect_equal(figures.npv.value, expected["npv"], what + " npv");
  expect_equal(figures.f1.value, expected["f1"], what + " f1");
  expect_equal(figures.calibration.ece, expected["calibration"]["ece"], what + " ece");
}

TEST(Evaluation, AgreesWithScikitLearn) {
  const Json oracle = fixture("tables.json");
  ASSERT_EQ(oracle.size(), 9U);
  for (const Json& table : oracle) {
    const std::string name = table["name"];
    EvaluationOptions options = without_draws();
    options.thresholds = table["thresholds"].get<std::vector<double>>();
    const Evaluation evaluation = evaluate(predictions_of(table), options);
    expect_equal(evaluation.mean_auc.value, table["mean_auc"], name);
    expect_equal(evaluation.mean_average_precision.value, table["mean_average_precision"], name);
    expect_equal(evaluation.accuracy.value, table["accuracy"], name);
    expect_equal(evaluation.balanced_accuracy.value, table["balanced_accuracy"], name);
    expect_equal(evaluation.label_accuracy.value, table["label_accuracy"], name);
    expect_equal(evaluation.calibration.brier, table["calibration"]["brier"], name);
    EXPECT_EQ(Json(evaluation.confusion_matrix), table["confusion_matrix"]) << name;
    for (size_t c = 0; c < evaluation.classes.size(); ++c)
      expect_class(evaluation.classes[c], table["classes"][c], name + std::to_string(c));
    EXPECT_FALSE(evaluation.mean_auc.interval);
  }
}

TEST(Evaluation, SaysWhatIsAbsent) {
  Predictions predictions = table("absent classes");
  predictions.classes = {"Edema", "Hernia", "Mass", "Nodule"};
  const std::vector<std::string> expected{
      "Edema: no negative among 9 images: AUC is undefined and left out of the mean",
      "Hernia: no positive among 9 images: AUC is undefined and left out of the mean",
      "Mass: no label among 9 images: AUC is undefined and left out of the mean"};
  EXPECT_EQ(evaluate(predictions, without_draws()).notes, expected);
}

TEST(Evaluation, TwoExclusiveClassesShareAThreshold) {
  EvaluationOptions options = without_draws();
  const Evaluation half = evaluate(table("two classes"), options);
  EXPECT_EQ(half.classes[0].threshold, 0.5);
  options.thresholds = {0.9, 0.25};  // the second one counts
  const Evaluation quarter = evaluate(table("two classes"), options);
  EXPECT_EQ(quarter.classes[0].threshold, 0.75);
  EXPECT_EQ(quarter.classes[0].sensitivity.value, quarter.classes[1].specificity.value);
  EXPECT_EQ(quarter.accuracy.value, half.accuracy.value);  // by the argmax
  EXPECT_FALSE(evaluate(table("three classes"), without_draws()).classes[0].threshold);
}

TEST(Evaluation, IntervalsHoldTheValueAndNotTheThreads) {
  Predictions predictions = table("gaps");
  for (size_t i = 0; i < predictions.size(); ++i)
    predictions.patients.push_back(fmt::format("p{}", i / 3));
  EvaluationOptions options;
  options.draws = 300;
  const Evaluation one = evaluate(predictions, options);
  options.threads = 3;
  const Evaluation three = evaluate(predictions, options);
  EXPECT_TRUE(one.by_patient);
  EXPECT_EQ(one.patients, 23);
  for (size_t c = 0; c < 4; ++c) {
    const Figure& auc = one.classes[c].auc;
    ASSERT_TRUE(auc.interval) << c;
    EXPECT_LE(auc.interval->low, *auc.value);
    EXPECT_GE(auc.interval->high, *auc.value);
    EXPECT_EQ(auc.interval->low, three.classes[c].auc.interval->low);
    EXPECT_EQ(auc.interval->high, three.classes[c].auc.interval->high);
  }
  const Evaluation absent = evaluate(table("absent classes"), options);
  EXPECT_FALSE(absent.classes[1].auc.interval);
  EXPECT_TRUE(absent.mean_auc.interval);
  EXPECT_FALSE(absent.by_patient);
}

TEST(Evaluation, SubgroupsAreJudgedByThemselves) {
  Predictions predictions = table("three classes");
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < predictions.size(); ++i) {
    predictions.meta["sex"].push_back(i % 3 == 0 ? "F" : "M");
    if (i % 3 == 0) rows.push_back(i);
  }
  EvaluationOptions options;
  options.draws = 50;
  const Evaluation women = evaluate(select_rows(predictions, rows), options);
  options.subgroups = {"sex"};
  const Evaluation all = evaluate(predictions, options);
  ASSERT_EQ(all.subgroups.size(), 2U);
  const SubgroupFigures& part = all.subgroups[0];
  EXPECT_EQ(part.column + ": " + part.value, "sex: F");
  EXPECT_EQ(part.images, 20);
  EXPECT_EQ(part.accuracy.value, women.accuracy.value);
  EXPECT_EQ(part.classes[2].auc.value, women.classes[2].auc.value);
  EXPECT_EQ(part.classes[2].auc.interval->low, women.classes[2].auc.interval->low);
  EXPECT_EQ(part.classes[2].name, "class 2");
}

TEST(Evaluation, WrongNumbersAreNamed) {
  const auto error = [](const std::string& name, auto change, EvaluationOptions options = {}) {
    Predictions predictions = table(name);
    change(predictions);
    return error_of([&] { evaluate(predictions, options); });
  };
  EXPECT_CONTAINS(error("gaps", [](Predictions& p) { p.probabilities[9] = NAN; }),
                  "2.png: class 1: expected a probability from 0 to 1, found nan");
  EXPECT_CONTAINS(error("gaps", [](Predictions& p) { p.probabilities[0] = 1.5; }), "found 1.5");
  EXPECT_CONTAINS(error("gaps", [](Predictions& p) { p.labels[0] = -1; }),
                  "0.png: class 0: expected a label of 0 or 1, found -1");
  EXPECT_CONTAINS(error("gaps", [](Predictions& p) { p.labels.pop_back(); }),
                  "labels: expected 268 values, found 267");
  EXPECT_CONTAINS(error("three classes", [](Predictions& p) { p.labels[0] = p.labels[1] = 1; }),
                  "0.png: expected exactly one of 3 exclusive classes as its label, found 2");
  EvaluationOptions options;
  options.thresholds = {0.5, 0.5, 0.5};
  const auto nothing = [](Predictions&) {};
  EXPECT_CONTAINS(error("three classes", nothing, options), "expected none for 3 exclusive");
  EXPECT_CONTAINS(error("gaps", nothing, options), "each of 4 classes, found 3");
}

TEST(Evaluation, NoImagesIsUndefinedThroughout) {
  Predictions predictions;
  predictions.classes = {"Mass", "Nodule"};
  for (const bool exclusive : {false, true}) {
    predictions.exclusive = exclusive;
    const Evaluation evaluation = evaluate(predictions, {});
    EXPECT_FALSE(evaluation.mean_auc.value);
    EXPECT_FALSE(evaluation.accuracy.value);
    EXPECT_FALSE(evaluation.label_accuracy.value);
    EXPECT_FALSE(evaluation.calibration.ece);
    EXPECT_EQ(evaluation.notes.size(), 2U);
  }
}

}  // namespace
}  // namespace evax::metrics
