#include "evax/inference/findings.h"

#include <gtest/gtest.h>

namespace evax::inference {
namespace {

weights::Metadata metadata(weights::Task task, size_t classes) {
  weights::Metadata metadata;
  metadata.task = task;
  for (size_t i = 0; i < classes; ++i) metadata.classes.push_back(std::string(1, char('a' + i)));
  return metadata;
}

TEST(Findings, MultilabelIsSigmoidAndThreshold) {
  auto model = metadata(weights::Task::multilabel, 3);
  model.thresholds = {0.5, 0.9, 0.1};
  const float logits[] = {0.0F, 2.0F, -2.0F};
  const auto findings = findings_of(logits, model);
  EXPECT_DOUBLE_EQ(findings[0].probability, 0.5);
  EXPECT_NEAR(findings[1].probability, 0.8807970779778823, 1e-12);  // 1 / (1 + e^-2)
  EXPECT_TRUE(findings[0].positive);
  EXPECT_FALSE(findings[1].positive);
  EXPECT_TRUE(findings[2].positive);
  EXPECT_EQ(findings[2].threshold, 0.1);
}

TEST(Findings, MulticlassIsSoftmaxAndArgmax) {
  const float logits[] = {1.0F, 3.0F, 2.0F};
  const auto findings = findings_of(logits, metadata(weights::Task::multiclass, 3));
  EXPECT_NEAR(findings[0].probability, 0.09003057317038046, 1e-12);
  EXPECT_NEAR(findings[1].probability, 0.6652409557748219, 1e-12);
  EXPECT_FALSE(findings[1].threshold.has_value());
  EXPECT_TRUE(findings[1].positive && !findings[0].positive && !findings[2].positive);
}

TEST(Findings, OfTwoClassesTheSecondDecidesByItsThreshold) {
  auto model = metadata(weights::Task::multiclass, 2);
  const float logits[] = {0.0F, 1.0F};  // softmax: 0.269, 0.731
  EXPECT_TRUE(findings_of(logits, model)[1].positive);
  model.thresholds = {0.2, 0.8};
  EXPECT_FALSE(findings_of(logits, model)[1].positive);
  EXPECT_TRUE(findings_of(logits, model)[0].positive);
}

TEST(Findings, TemperatureDividesLogitsAndHugeLogitsStayFinite) {
  auto model = metadata(weights::Task::multilabel, 2);
  model.temperature = 2.0;
  const float logits[] = {2.0F, -3e38F};
  const auto findings = findings_of(logits, model);
  EXPECT_NEAR(findings[0].probability, 0.7310585786300049, 1e-12);
  EXPECT_EQ(findings[1].probability, 0.0);
  EXPECT_EQ(findings[0].logit, 2.0F);
  model.task = weights::Task::multiclass;
  EXPECT_EQ(findings_of(logits, model)[0].probability, 1.0);
}

}  // namespace
}  // namespace evax::inference
