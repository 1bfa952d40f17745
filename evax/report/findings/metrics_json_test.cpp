#include "evax/report/findings/metrics_json.h"

#include <nlohmann/json.hpp>

#include "evax/report/test_support.h"

namespace evax::report {
namespace {

using Json = nlohmann::ordered_json;

TEST(MetricsJson, HasTheKeysOfTheContract) {
  metrics::Evaluation evaluation;
  evaluation.images = 120;
  evaluation.patients = 40;
  evaluation.mean_auc = {0.75, metrics::Interval{0.5, 1}};
  metrics::ClassFigures edema;
  edema.name = "Edema";
  edema.positives = 20;
  edema.negatives = 100;
  edema.threshold = 0.25;
  edema.confusion = {1, 2, 3, 4};
  edema.auc = {0.75, metrics::Interval{0.5, 1}};
  edema.average_precision = {0.5, {}};
  edema.sensitivity = {0.0, metrics::Interval{0, 0}};
  edema.calibration = {0.125, 0.0625, {{0.25, 0.5, 8}}};
  evaluation.classes = {edema};
  metrics::SubgroupFigures group{"sex", "F", 60, 20, {}, {}, {edema}};
  evaluation.subgroups = {group};
  evaluation.notes = {"a note"};

  const Json json = metrics_json(evaluation, {{"protocol", "validation"}});
  EXPECT_EQ(json.begin().key(), "protocol");
  EXPECT_EQ(json["n"], 120);
  EXPECT_EQ(json["patients"], 40);
  EXPECT_EQ(json["mean_auc"], 0.75);
  EXPECT_EQ(json["mean_auc_ci"], Json::parse("[0.5, 1.0]"));
  for (const char* key :
       {"accuracy", "accuracy_ci", "balanced_accuracy", "label_accuracy", "mean_average_precision",
        "mean_average_precision_ci", "confusion_matrix"})
    EXPECT_TRUE(json.at(key).is_null()) << key;
  const Json& c = json["classes"]["Edema"];
  EXPECT_EQ(c["auc"], 0.75);
  EXPECT_EQ(c["auc_ci"], Json::parse("[0.5, 1.0]"));
  EXPECT_EQ(c["average_precision"], 0.5);
  EXPECT_TRUE(c.at("average_precision_ci").is_null());
  EXPECT_EQ(c["threshold"], 0.25);
  EXPECT_EQ(c["sensitivity"], 0.0);
  for (const char* key : {"specificity", "specificity_ci", "ppv", "npv", "f1", "accuracy"})
    EXPECT_TRUE(c.at(key).is_null()) << key;
  EXPECT_EQ(c["n_positive"], 20);
  EXPECT_EQ(c["n_negative"], 100);
  EXPECT_EQ(c["confusion"], Json::parse(R"({"tp": 1, "fp": 2, "tn": 3, "fn": 4})"));
  EXPECT_EQ(c["calibration"], Json::parse(R"({"ece": 0.125, "brier": 0.0625, "bins":
            [{"mean_probability": 0.25, "observed": 0.5, "count": 8}]})"));
  EXPECT_TRUE(json["calibration"]["ece"].is_null());
  EXPECT_EQ(json["subgroups"][0]["column"], "sex");
  EXPECT_EQ(json["subgroups"][0]["n"], 60);
  EXPECT_EQ(json["subgroups"][0]["classes"]["Edema"]["auc"], 0.75);
  EXPECT_EQ(json["notes"], Json::parse(R"(["a note"])"));
}

TEST(MetricsJson, NothingKnownIsNull) {
  const Json json = metrics_json({}, Json::object());
  EXPECT_TRUE(json.at("patients").is_null());
  EXPECT_TRUE(json.at("mean_auc").is_null());
  EXPECT_EQ(json["classes"], Json::object());
  EXPECT_EQ(json["subgroups"], Json::array());
}

TEST(MetricsJson, ExclusiveClassesHaveAMatrix) {
  metrics::Evaluation evaluation;
  evaluation.confusion_matrix = {{2, 1}, {0, 3}};
  EXPECT_EQ(metrics_json(evaluation, Json::object())["confusion_matrix"],
            Json::parse("[[2, 1], [0, 3]]"));
}

}  // namespace
}  // namespace evax::report
