#include "evax/train/precision.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/train/grad_scaler.h"

namespace evax::train {
namespace {

TEST(Precision, IsChosenByWordAndDevice) {
  const c10::Device cpu(c10::kCPU), gpu(c10::kCUDA, 0);
  EXPECT_EQ(choose_precision("fp32", cpu), Precision::fp32);
  EXPECT_EQ(choose_precision("bf16", cpu), Precision::bf16);
  EXPECT_EQ(choose_precision("fp16", gpu), Precision::fp16);
  EXPECT_NE(choose_precision("auto", cpu), Precision::fp16);
  EXPECT_THROW(choose_precision("fp16", cpu), Error);
  EXPECT_THROW(choose_precision("float32", cpu), Error);
}

}  // namespace
}  // namespace evax::train
