#include <gtest/gtest.h>

#include <cmath>

#include "evax/nn/autocast.h"
#include "evax/nn/segmentation/testing.h"
#include "evax/nn/segmentation/unet.h"
#include "evax/nn/segmentation/uper_net.h"
#include "evax/weights/cnn.h"
#include "evax/weights/testing.h"

namespace evax::nn {
namespace {

using testing::largest_difference;
using testing::unet_config;
using testing::uper_config;
using weights::testing::expect_error;

const ResNetSizes smallest_resnet{.blocks = {1, 1, 1, 1}, .width = 4};

std::shared_ptr<Network> small_unet(const NetworkOptions& options = {}) {
  return std::make_shared<UNet>(unet_config(), options, smallest_resnet);
}

std::shared_ptr<Network> small(const std::string& kind, const NetworkOptions& options = {}) {
  if (kind == "unet") return small_unet(options);
  return make_network(uper_config(kind.c_str()), options);
}

class Segmentation : public ::testing::TestWithParam<const char*> {
 protected:
  std::shared_ptr<Network> network(uint64_t seed, const NetworkOptions& options = {}) {
    const auto made = small(GetParam(), options);
    initialise(*made, seed);
    return made;
  }
  const at::Tensor images_ = testing::images_for(uper_config(), 2);
};
INSTANTIATE_TEST_SUITE_P(Networks, Segmentation, ::testing::Values("eva_x", "vit", "unet"));

TEST_P(Segmentation, GivesEveryPixelALogitForEachClass) {
  const auto model = network(1);
  model->eval();
  const at::NoGradGuard no_grad;
  const at::Tensor features = model->features(images_);
  const bool unet = model->config().decoder->kind == "unet";
  const int64_t side = unet ? 64 : 16;
  EXPECT_EQ(features.sizes().vec(), (Shape{2, unet ? 8 : 16, side, side}));
  const at::Tensor logits = model->logits(features);
  EXPECT_EQ(logits.sizes().vec(), (Shape{2, 2, side, side}));
  EXPECT_EQ(
      largest_difference(model->forward(images_), at::upsample_bilinear2d(logits, {64, 64}, false)),
      0);
}

// Two images that drop nothing and everything: the second has the bias of conv_seg everywhere.
TEST_P(Segmentation, DroppedChannelsAreThoseOfTheImage) {
  const auto model = network(1);
  model->eval();
  const at::NoGradGuard no_grad;
  const int64_t columns = keep_factors(*model, 0, 0, {0}).size(1);
  const int64_t channels = model->config().decoder->channels;
  EXPECT_EQ(columns, 2 * model->config().depth + channels);
  at::Tensor keep = at::ones({2, columns});
  keep[1].narrow(0, columns - channels, channels).zero_();
  const at::Tensor logits = model->forward(images_, keep);
  EXPECT_EQ(largest_difference(logits[0], model->forward(images_)[0]), 0);
  const at::Tensor bias = model->named_parameters()["decode_head.conv_seg.bias"];
  EXPECT_LE(largest_difference(logits[1], bias.view({2, 1, 1}).expand_as(logits[1])), 1e-6);
}

TEST_P(Segmentation, FactorsAreKeyedBySample) {
  NetworkOptions options;
  options.drop_path = 0.3;
  options.dropout = 0.25;
  const auto model = network(1, options);
  const int64_t channels = model->config().decoder->channels;
  std::vector<uint32_t> samples(400);
  for (uint32_t i = 0; i < samples.size(); ++i) samples[i] = i;
  const at::Tensor all = keep_factors(*model, 1, 2, samples);
  EXPECT_TRUE(at::equal(keep_factors(*model, 1, 2, {7, 3}), at::stack({all[7], all[3]})));
  EXPECT_FALSE(at::equal(keep_factors(*model, 1, 3, samples), all));
  EXPECT_FALSE(at::equal(keep_factors(*model, 2, 2, samples), all));
  const at::Tensor dropped = all.narrow(1, all.size(1) - channels, channels);
  const double zeros = dropped.eq(0).to(at::kDouble).mean().item<double>();
  const auto draws = static_cast<double>(dropped.numel());
  EXPECT_NEAR(zeros, 0.25, 4 * std::sqrt(0.25 * 0.75 / draws));
  EXPECT_TRUE(
      dropped.eq(0).logical_or(dropped.eq(static_cast<float>(1 / 0.75))).all().item<bool>());
}

TEST_P(Segmentation, FrozenPartsLearnNothing) {
  NetworkOptions options;
  options.frozen = 1;
  options.checkpoint_blocks = true;
  const auto model = network(1, options);
  const std::string first = GetParam() == std::string("unet") ? "layer1." : "blocks.0.";
  std::map<std::string, at::Tensor> before;
  for (const auto& item : model->named_buffers()) before[item.key()] = item.value().clone();
  model->forward(images_).sum().backward();
  size_t frozen = 0;
  for (const auto& item : model->named_parameters()) {
    const std::string& name = item.key();
    const bool expected = name.starts_with(first) || name.starts_with("patch_embed.") ||
                          name == "pos_embed" || name == "cls_token" ||
                          name.starts_with("conv1.") || name.starts_with("bn1.");
    frozen += expected ? 1 : 0;
    EXPECT_EQ(item.value().requires_grad(), !expected) << name;
    EXPECT_EQ(item.value().grad().defined(), !expected) << name;
  }
  EXPECT_GT(frozen, 10U);
  for (const auto& item : model->named_buffers()) {
    const std::string& name = item.key();
    const bool learns = weights::is_running_statistic(name) && !name.starts_with(first) &&
                        !name.starts_with("bn1.");
    EXPECT_EQ(at::equal(item.value(), before[name]), !learns) << name;
  }
}

// bfloat16 has 8 bits.
TEST_P(Segmentation, RunsUnderAutocast) {
  const auto model = network(1);
  model->eval();
  const at::Tensor wide = model->forward(images_);
  const Autocast autocast(at::kCPU, at::kBFloat16);
  const at::Tensor logits = model->forward(images_);
  EXPECT_EQ(logits.scalar_type(), at::kFloat);
  EXPECT_LE(largest_difference(logits, wide), 0.05 * wide.abs().max().item<double>());
  model->train();
  model->forward(images_).sum().backward();
  for (const auto& item : model->named_parameters())
    EXPECT_TRUE(item.value().grad().isfinite().all().item<bool>()) << item.key();
}

TEST_P(Segmentation, LeavesScoresInFloat32UnderAutocast) {
  testing::expect_exact_scores(*network(1), images_);
}

TEST_P(Segmentation, EveryBatchNormIsSynchronised) {
  const auto model = network(1);
  int sums = 0;
  synchronise_batch_norms(*model, [&](at::Tensor&) { ++sums; });
  const at::NoGradGuard no_grad;
  model->forward(images_);
  // Pyramid, pooling and its bottleneck, laterals, fpn, the last; ResNet, blocks, head.
  const int uper = 1 + 4 + 1 + 3 + 3 + 1;
  const int unet = (1 + 4 * 3 + 4) + 5 * 2 + 1;
  EXPECT_EQ(sums, model->config().decoder->kind == "unet" ? unet : uper);
}

TEST(SegmentationNetworks, UNetTakesMultiplesOf32) {
  const auto model = small_unet();
  const at::NoGradGuard no_grad;
  EXPECT_EQ(model->forward(at::zeros({2, 3, 64, 96})).sizes().vec(), (Shape{2, 2, 64, 96}));
  expect_error(
      [&] {
        model->forward(at::zeros({1, 3, 64, 80}));
      },
      "expected images whose sides are multiples of 32, found 64 x 80");
}

}  // namespace
}  // namespace evax::nn
