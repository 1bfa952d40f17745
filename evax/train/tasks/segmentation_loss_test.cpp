#include "evax/train/tasks/segmentation_loss.h"

#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/train/testing/fixtures.h"

namespace evax::train {
namespace {

using testing::difference;

// tools/oracles/decoders.py: each image and class by itself, in float64.
TEST(SegmentationLosses, EqualThoseOfSinglePixels) {
  const auto cases = testing::read_json(testing::fixture("segmentation_losses.json"));
  ASSERT_EQ(cases.size(), 12U);
  for (const auto& item : cases) {
    const auto shape = item["shape"].get<std::vector<int64_t>>();
    const auto numbers = [&](const char* key) {
      return at::tensor(item[key].get<std::vector<double>>(), at::kDouble);
    };
    const at::Tensor logits = numbers("logits").reshape(shape).requires_grad_();
    const at::Tensor masks = numbers("masks").to(at::kByte).reshape({shape[0], shape[2], shape[3]});
    const LossSum loss = segmentation_loss(logits, masks,
                                           {.bce = item["bce"],
                                            .focal = item["focal"],
                                            .dice = item["dice"],
                                            .focal_gamma = item["gamma"],
                                            .focal_alpha = item["alpha"]});
    EXPECT_EQ(loss.count.item<double>(), static_cast<double>(logits.numel()));
    const at::Tensor mean = loss.sum / loss.count;
    mean.backward();
    EXPECT_NEAR(mean.item<double>(), item["loss"].get<double>(), 1e-12) << item.dump();
    EXPECT_LT(difference(logits.grad(), numbers("gradient").reshape(shape)), 1e-12) << item.dump();
  }
}

TEST(SegmentationLosses, StayFiniteFarFromZeroAndWithoutATarget) {
  const SegmentationLoss all{.bce = 1, .focal = 1, .dice = 1};
  for (const int mask : {0, 1, ignored_pixel}) {
    const at::Tensor logits = at::tensor({-200.F, 200.F}).reshape({1, 1, 1, 2}).requires_grad_();
    const at::Tensor masks = at::full({1, 1, 2}, mask, at::kByte);
    const LossSum loss = segmentation_loss(logits, masks, all);
    loss.sum.backward();
    EXPECT_TRUE(loss.sum.isfinite().item<bool>()) << mask;
    EXPECT_TRUE(logits.grad().isfinite().all().item<bool>()) << mask;
  }
}

TEST(SegmentationLosses, RefuseOtherShapes) {
  EXPECT_THROW(segmentation_loss(at::zeros({2, 1, 4, 4}), at::zeros({2, 4, 5}, at::kByte), {}),
               Error);
  EXPECT_THROW(segmentation_loss(at::zeros({2, 4, 4}), at::zeros({2, 4, 4}, at::kByte), {}), Error);
}

}  // namespace
}  // namespace evax::train
