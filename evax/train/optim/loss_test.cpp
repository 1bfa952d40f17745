#include "evax/train/optim/loss.h"

#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/train/testing/fixtures.h"

namespace evax::train {
namespace {

using testing::difference;

// Values and gradients of nn.BCEWithLogitsLoss and nn.CrossEntropyLoss (tools/oracles/train.py).
TEST(Loss, MeansAndGradientsEqualPyTorch) {
  const auto oracle = testing::read_json(testing::fixture("losses.json"));
  const auto shape = oracle["shape"].get<std::vector<int64_t>>();
  ASSERT_EQ(oracle["cases"].size(), 10U);
  for (const auto& item : oracle["cases"]) {
    OptimRecipe recipe;
    recipe.label_smoothing = item["label_smoothing"];
    recipe.class_weights = item["class_weights"].get<std::vector<double>>();
    const auto task = weights::task_from_name(item["task"].get<std::string>(), "losses.json");
    const at::Tensor logits = testing::tensor_of(oracle["logits"], shape).requires_grad_();
    const LossSum loss =
        classification_loss(logits, testing::tensor_of(item["targets"], shape), task, recipe);
    EXPECT_EQ(loss.sum.scalar_type(), at::kFloat);
    EXPECT_EQ(loss.count.scalar_type(), at::kDouble);
    (loss.sum / loss.count).backward();
    EXPECT_NEAR((loss.sum / loss.count).item<double>(), item["loss"].get<double>(), 1e-6)
        << item["name"];
    EXPECT_LT(difference(logits.grad(), testing::tensor_of(item["gradient"], shape)), 1e-7)
        << item["name"];
  }
}

TEST(Loss, CountsWhatIsKnown) {
  const float gap = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor logits = at::zeros({2, 3}).requires_grad_();
  const at::Tensor targets = at::tensor({1.F, gap, 0.F, gap, gap, 1.F}).reshape({2, 3});
  const LossSum loss = classification_loss(logits, targets, weights::Task::multilabel, {});
  EXPECT_EQ(loss.count.item<double>(), 3);
  EXPECT_NEAR(loss.sum.item<double>(), 3 * std::log(2.0), 1e-6);

  const LossSum none =
      classification_loss(logits, at::full({2, 3}, gap), weights::Task::multilabel, {});
  none.sum.backward();
  EXPECT_EQ(none.count.item<double>(), 0);
  EXPECT_EQ(none.sum.item<double>(), 0);
  EXPECT_EQ(logits.grad().abs().max().item<double>(), 0);
}

TEST(Loss, IsComputedInFloat32) {
  const at::Tensor logits = at::full({2, 3}, 0.123).to(at::kBFloat16);
  const LossSum loss = classification_loss(logits, at::ones({2, 3}), weights::Task::multilabel, {});
  EXPECT_EQ(loss.sum.scalar_type(), at::kFloat);
  const double value = logits[0][0].item<double>();
  EXPECT_NEAR(loss.sum.item<double>(), 6 * std::log1p(std::exp(-value)), 1e-6);
}

TEST(Loss, RefusesOtherShapes) {
  OptimRecipe recipe;
  EXPECT_THROW(
      classification_loss(at::zeros({2, 3}), at::zeros({2, 4}), weights::Task::multilabel, recipe),
      Error);
  recipe.class_weights = {1, 2};
  EXPECT_THROW(
      classification_loss(at::zeros({2, 3}), at::zeros({2, 3}), weights::Task::multiclass, recipe),
      Error);
}

}  // namespace
}  // namespace evax::train
