#include "evax/data/augment/mix.h"

#include <limits>

#include "evax/data/augment/test_support.h"

namespace evax::data {
namespace {

// Writable.
Tensor copy(const Tensor& tensor) { return Tensor::from_floats(tensor.shape(), tensor.floats()); }

std::vector<float> part(const Tensor& tensor, size_t index, size_t parts) {
  const size_t length = tensor.floats().size() / parts;
  const auto values = tensor.floats().subspan(index * length, length);
  return {values.begin(), values.end()};
}

std::vector<float> all(const Tensor& tensor) { return part(tensor, 0, 1); }

TEST(MixTest, BatchesEqualTimmsBitForBit) {
  const Tensor expected_images = testing::fixture("mixed_images");
  const Tensor expected_targets = testing::fixture("mixed_targets");
  const auto rows = testing::table("mix");
  for (size_t i = 0; i < rows.size(); ++i) {
    Tensor images = copy(testing::fixture("mix_images"));
    Tensor targets = copy(testing::fixture("mix_targets"));
    const double lambda = std::stod(rows[i].at("lam"));
    Mix mix{lambda, std::nullopt};
    if (rows[i].at("cut") == "1")
      mix = cut_mix(lambda, image::testing::number(rows[i], "centre_x"),
                    image::testing::number(rows[i], "centre_y"), static_cast<int>(images.size(3)),
                    static_cast<int>(images.size(2)));
    EXPECT_DOUBLE_EQ(mix.lambda, std::stod(rows[i].at("corrected")));
    mix_rows(mix, images, targets);
    EXPECT_EQ(all(images), part(expected_images, i, rows.size())) << "row " << i;
    EXPECT_EQ(all(targets), part(expected_targets, i, rows.size())) << "row " << i;
  }
}

TEST(MixTest, TheMiddleRowOfAnOddBatchStays) {
  Tensor images(DType::f32, {3, 3, 4, 4});
  Tensor targets(DType::f32, {3, 2});
  for (size_t i = 0; i < images.mutable_floats().size(); ++i)
    images.mutable_floats()[i] = static_cast<float>(i);
  const std::vector<float> before = part(images, 1, 3);
  mix_rows({0.25, std::nullopt}, images, targets);
  EXPECT_EQ(part(images, 1, 3), before);
  EXPECT_EQ(part(images, 0, 3)[0], 0.75F * 96);
}

TEST(MixTest, ATargetThatDoesNotCountInOneRowDoesNotCountInBoth) {
  Tensor images(DType::f32, {2, 3, 4, 4});
  Tensor targets(DType::f32, {2, 2});
  const auto values = targets.mutable_floats();
  values[0] = std::numeric_limits<float>::quiet_NaN();
  values[1] = 1;
  mix_rows({0.5, std::nullopt}, images, targets);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(values[1], 0.5F);
  EXPECT_EQ(values[3], 0.5F);
}

TEST(MixTest, DrawsFollowTheirDistributions) {
  AugmentConfig config;
  config.mixup = 0.8;
  config.cutmix = 1.0;
  config.mix_probability = 0.75;
  config.mix_switch = 0.25;
  double off = 0, cut = 0, mixed = 0, lambdas = 0, squares = 0;
  constexpr double trials = 20000;
  for (uint32_t batch = 0; batch < trials; ++batch) {
    Random random(5, 0, batch, Draw::mix);
    const Mix mix = draw_mix(config, 224, 224, random);
    if (mix.box) {
      ++cut;
    } else if (mix.lambda == 1) {
      ++off;
    } else {
      ++mixed;
      lambdas += mix.lambda;
      squares += (mix.lambda - 0.5) * (mix.lambda - 0.5);
    }
  }
  testing::expect_frequency(off, trials, 0.25);
  testing::expect_frequency(cut, trials, 0.75 * 0.25);
  // Beta(a, a): variance 1 / (4 (2a + 1)), fourth central moment 3 / (16 (2a + 1) (2a + 3)).
  const double variance = 1 / (4 * 2.6);
  const double fourth = 3 / (16 * 2.6 * 4.6);
  testing::expect_mean(lambdas, mixed, 0.5, std::sqrt(variance));
  testing::expect_mean(squares, mixed, variance, std::sqrt(fourth - variance * variance));
}

TEST(MixTest, NothingIsMixedWhenBothAreOff) {
  Random random(5, 0, 0, Draw::mix);
  EXPECT_EQ(draw_mix(AugmentConfig{}, 8, 8, random).lambda, 1);
}

TEST(MixTest, TheKeyAloneDecides) {
  AugmentConfig config;
  config.mixup = 1;
  const auto mixed = [&](const Key& key) {
    Batch batch;
    batch.images = Tensor(DType::f32, {2, 3, 4, 4});
    batch.targets = Tensor(DType::f32, {2, 1});
    batch.targets.mutable_floats()[0] = 1;
    mix_batch(config, key, batch);
    return batch.targets.floats()[0];
  };
  EXPECT_EQ(mixed({1, 2, 3}), mixed({1, 2, 3}));
  EXPECT_NE(mixed({1, 2, 3}), mixed({1, 2, 4}));
  EXPECT_NE(mixed({1, 2, 3}), mixed({1, 3, 3}));
  EXPECT_NE(mixed({1, 2, 3}), mixed({2, 2, 3}));
}

}  // namespace
}  // namespace evax::data
