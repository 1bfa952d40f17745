#include "evax/train/optim/precision.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/engine/choice.h"
#include "evax/train/optim/grad_scaler.h"

namespace evax::train {
namespace {

TEST(Precision, IsChosenByWordAndDevice) {
  const c10::Device cpu(c10::kCPU), gpu(c10::kCUDA, 0);
  EXPECT_EQ(choose_precision("fp32", cpu), Precision::fp32);
  EXPECT_EQ(choose_precision("bf16", cpu), Precision::bf16);
  EXPECT_EQ(choose_precision("fp16", gpu), Precision::fp16);
  EXPECT_EQ(choose_precision("auto", cpu) == Precision::bf16,
            engine::automatic_precision().precision == engine::Precision::bf16);
  EXPECT_THROW(choose_precision("fp16", cpu), Error);
  EXPECT_THROW(choose_precision("float32", cpu), Error);
}

TEST(Precision, AutocastLastsAsLongAsItsGuard) {
  const at::Tensor matrix = at::ones({2, 2});
  const auto type = [&] { return at::mm(matrix, matrix).scalar_type(); };
  EXPECT_EQ(type(), at::kFloat);
  {
    const Autocast outer(Precision::bf16, c10::kCPU);
    EXPECT_EQ(type(), at::kBFloat16);
    {
      const Autocast inner(Precision::fp32, c10::kCPU);
      EXPECT_EQ(type(), at::kFloat);
    }
    EXPECT_EQ(type(), at::kBFloat16);
  }
  EXPECT_EQ(type(), at::kFloat);
}

TEST(GradScaler, HalvesAtAnOverflowAndDoublesAfterTwoThousandSteps) {
  GradScaler scaler(true);
  EXPECT_EQ(scaler.scale(), 65536);
  scaler.update(false);
  EXPECT_EQ(scaler.scale(), 32768);
  for (int step = 0; step < 1999; ++step) scaler.update(true);
  EXPECT_EQ(scaler.scale(), 32768);
  GradScaler resumed(true);
  resumed.set_state(nlohmann::ordered_json::parse(scaler.state().dump()));
  resumed.update(true);
  EXPECT_EQ(resumed.scale(), 65536);
  scaler.update(false);  // starts the count again
  for (int step = 0; step < 1999; ++step) scaler.update(true);
  EXPECT_EQ(scaler.scale(), 16384);
}

TEST(GradScaler, RefusesAnotherState) {
  GradScaler scaler(true);
  EXPECT_THROW(scaler.set_state({{"scale", 2}}), Error);
  EXPECT_THROW(scaler.set_state({{"scale", "much"}, {"finite_steps", 0}}), Error);
  EXPECT_THROW(scaler.set_state({{"scale", -1}, {"finite_steps", 0}}), Error);
}

}  // namespace
}  // namespace evax::train
