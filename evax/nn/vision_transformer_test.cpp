#include "evax/nn/vision_transformer.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "evax/nn/autocast.h"
#include "evax/nn/masked_vision_transformer.h"
#include "evax/nn/testing.h"
#include "evax/weights/testing.h"

namespace evax::nn {
namespace {

using testing::gradients_of;
using testing::images_for;
using testing::largest_difference;
using testing::randomise;
using testing::small_config;

at::Tensor loss_of(VisionTransformer& model, const at::Tensor& images,
                   const at::Tensor& keep = {}) {
  return model.forward(images, keep).square().sum();
}

VisionTransformer random_model(const weights::ModelConfig& config,
                               const NetworkOptions& options = {}) {
  VisionTransformer model(config, options);
  randomise(model, 1);
  return model;
}

TEST(VisionTransformer, HasTheParametersOfItsConfigurationInOrder) {
  for (const bool base : {false, true}) {
    const auto config = small_config(base);
    const auto expected = weights::parameters_of(config);
    const auto parameters = VisionTransformer(config).named_parameters();
    ASSERT_EQ(parameters.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(parameters[i].key(), expected[i].first);
      EXPECT_EQ(parameters[i].value().sizes().vec(), expected[i].second);
    }
  }
}

TEST(VisionTransformer, RunsWithoutAHead) {
  auto config = small_config();
  VisionTransformer whole = random_model(config);
  config.num_classes = 0;
  VisionTransformer headless(config);
  initialise(headless, 1);
  const at::Tensor images = images_for(config, 2);
  EXPECT_TRUE(at::equal(headless.forward(images), whole.features(images)));
}

TEST(VisionTransformer, RefusesImagesOfAnotherSize) {
  VisionTransformer model(small_config());
  weights::testing::expect_error(
      [&] {
        model.forward(at::zeros({2, 3, 64, 48}));
      },
      "expected images of shape [N, 3, 64, 64], found [2, 3, 64, 48]");
}

class Checkpointing : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Layouts, Checkpointing, ::testing::Bool());

TEST_P(Checkpointing, ChangesNoBitOfTheGradients) {
  const auto config = small_config(GetParam());
  const at::Tensor images = images_for(config, 3);
  const at::Tensor keep = drop_path_factors({.drop_path = 0.5}, config.depth, 1, 0, {0, 1, 2});
  VisionTransformer plain = random_model(config);
  VisionTransformer checkpointed = random_model(config, {.checkpoint_blocks = true});
  for (const auto precision : {std::optional<at::ScalarType>(), std::optional(at::kBFloat16)}) {
    std::vector<std::map<std::string, at::Tensor>> both;
    for (VisionTransformer* model : {&plain, &checkpointed}) {
      at::Tensor loss;
      {  // backward runs outside, as it should, and must find the setting again
        const Autocast autocast(at::kCPU, precision);
        loss = loss_of(*model, images, keep);
      }
      both.push_back(gradients_of(*model, loss));
    }
    for (const auto& [name, gradient] : both[0]) {
      ASSERT_TRUE(gradient.defined()) << name;
      EXPECT_GT(gradient.abs().max().item<double>(), 0) << name;
      EXPECT_TRUE(at::equal(gradient, both[1].at(name))) << name;
    }
  }
}

// Where c10d's Reducer waits for them.
TEST_P(Checkpointing, AccumulatesEveryGradientOnce) {
  const auto config = small_config(GetParam());
  VisionTransformer model = random_model(config, {.checkpoint_blocks = true});
  const auto parameters = model.parameters();
  std::vector<int> calls(parameters.size());
  std::vector<decltype(torch::autograd::impl::grad_accumulator(parameters[0]))> accumulators;
  for (size_t i = 0; i < parameters.size(); ++i) {
    accumulators.push_back(torch::autograd::impl::grad_accumulator(parameters[i]));
    accumulators.back()->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
        [&calls, i](const auto& outputs, const auto&) {
          ++calls[i];
          return outputs;
        }));
  }
  loss_of(model, images_for(config, 2)).backward();
  EXPECT_EQ(calls, std::vector<int>(parameters.size(), 1));
}

TEST(Checkpointing, LeavesFrozenParametersAlone) {
  VisionTransformer model = random_model(small_config(), {.checkpoint_blocks = true});
  for (const auto& item : model.named_parameters())
    item.value().set_requires_grad(item.key().starts_with("head.") ||
                                   item.key().starts_with("blocks.1.mlp."));
  const auto gradients = gradients_of(model, loss_of(model, images_for(model.config(), 2)));
  for (const auto& [name, gradient] : gradients)
    EXPECT_EQ(gradient.defined(), name.starts_with("head.") || name.starts_with("blocks.1.mlp."))
        << name;
}

TEST(StopGradient, CutsOrScalesThePatchEmbeddingsGradientAlone) {
  const auto config = small_config();
  const at::Tensor images = images_for(config, 2);
  const auto gradients = [&](StopGradient stop) {
    VisionTransformer model = random_model(config, {.stop_grad_conv1 = stop});
    return gradients_of(model, loss_of(model, images));
  };
  const auto full = gradients(StopGradient::none);
  const auto cut = gradients(StopGradient::detach);
  const auto mixed = gradients(StopGradient::mix);
  for (const auto& [name, gradient] : full) {
    const double size = gradient.abs().max().item<double>();
    const bool patch = name.starts_with("patch_embed.");
    EXPECT_EQ(cut.at(name).defined(), !patch) << name;
    EXPECT_LE(largest_difference(mixed.at(name), gradient * (patch ? 0.1 : 1)), 1e-4 * size)
        << name;
  }
}

TEST(DropPath, ZeroFactorsLeaveTheResidualStreamAlone) {
  const auto config = small_config(true);
  VisionTransformer model = random_model(config);
  const at::NoGradGuard no_grad;
  const at::Tensor images = images_for(config, 2);
  const at::Tensor ones = at::ones({2, 4});
  EXPECT_TRUE(at::equal(model.tokens(images, ones), model.tokens(images)));

  const auto parameters = model.named_parameters();
  at::Tensor keep = ones.clone();
  keep[0].zero_();
  const at::Tensor tokens = model.tokens(images, keep);
  EXPECT_TRUE(at::equal(tokens[1], model.tokens(images)[1]));
  // All that is left of image 0 is its embedding: cls is the same for every image.
  EXPECT_TRUE(
      at::equal(tokens[0][0], (parameters["cls_token"][0][0] + parameters["pos_embed"][0][0])));

  keep = ones.clone();  // the factor scales one branch: doubling it is adding it once more
  keep.select(1, 3).fill_(2);
  const at::Tensor doubled = model.tokens(images, keep);
  keep.select(1, 3).fill_(0);
  const at::Tensor without = model.tokens(images, keep);
  const at::Tensor whole = model.tokens(images);
  EXPECT_LE(largest_difference(doubled - whole, whole - without), 1e-5);
}

TEST(Tokens, OfSomeRowsAreThoseOfAll) {
  const at::Tensor rows = at::tensor({int64_t{1}, int64_t{5}, int64_t{17}, int64_t{40}});
  for (const bool base : {false, true}) {
    const auto config = small_config(base);
    const at::Tensor images = images_for(config, 3);
    const at::Tensor keep = drop_path_factors({.drop_path = 0.5}, config.depth, 1, 0, {0, 1, 2});
    const auto gradients = [&](VisionTransformer& model, const at::Tensor& tokens) {
      return gradients_of(model, model.logits(model.normalised(tokens)).square().sum());
    };
    VisionTransformer model = random_model(config);
    const at::Tensor all = model.tokens(images, keep).flatten(0, 1).index_select(0, rows);
    const auto expected = gradients(model, all);
    for (const bool recomputed : {false, true}) {
      VisionTransformer other = random_model(config, {.checkpoint_blocks = recomputed});
      const at::Tensor some = other.tokens(images, keep, rows);
      EXPECT_LE(largest_difference(some, all), 1e-5);
      for (const auto& [name, gradient] : gradients(other, some))
        EXPECT_LE(largest_difference(gradient, expected.at(name)),
                  1e-5 * (1 + expected.at(name).abs().max().item<double>()))
            << name;
    }
  }
}

TEST(DropPath, FactorsAreKeyedBySampleAndHaveTheRightRates) {
  constexpr int depth = 5, count = 20000;
  const NetworkOptions options{.drop_path = 0.4};
  std::vector<uint32_t> samples(count);
  for (uint32_t i = 0; i < count; ++i) samples[i] = i;
  const at::Tensor factors = drop_path_factors(options, depth, 7, 3, samples);
  ASSERT_EQ(factors.sizes(), (at::IntArrayRef{count, 2 * depth}));
  for (int branch = 0; branch < 2 * depth; ++branch) {
    const double rate = 0.1 * (branch / 2);
    const at::Tensor column = factors.select(1, branch);
    EXPECT_NEAR((column == 0).to(at::kDouble).mean().item<double>(), rate, 0.015) << branch;
    EXPECT_NEAR(column.to(at::kDouble).mean().item<double>(), 1, 0.025) << branch;
    EXPECT_NEAR(column.max().item<double>(), 1 / (1 - rate), 1e-6) << branch;
  }
  const at::Tensor one = drop_path_factors(options, depth, 7, 3, {17});
  EXPECT_TRUE(at::equal(one[0], factors[17]));
  const auto differs = [&](uint64_t seed, uint32_t epoch) {
    return !at::equal(drop_path_factors(options, depth, seed, epoch, samples), factors);
  };
  EXPECT_TRUE(differs(8, 3));
  EXPECT_TRUE(differs(7, 4));
  // The two branches of a block are drawn apart.
  EXPECT_FALSE(at::equal(factors.select(1, 8), factors.select(1, 9)));
}

TEST(Autocast, LeavesScoresInFloat32) {
  for (const char* pool : {"avg", "token"}) {
    auto config = small_config();
    config.pool = pool;
    VisionTransformer model = random_model(config);
    testing::expect_exact_scores(model, images_for(config, 2));
    const Autocast autocast(at::kCPU, at::kBFloat16);
    const at::Tensor tokens = at::randn({3, 7, config.embed_dim}).to(at::kBFloat16);
    EXPECT_EQ(model.normalised(tokens).scalar_type(), at::kFloat);
    EXPECT_EQ(model.pooled(tokens).scalar_type(), at::kFloat);
  }
  MaskedVisionTransformer student(small_config(), 64);
  initialise(student, 1);
  const at::Tensor hidden = at::tensor({1, 5, 17}, at::kLong);
  const Autocast autocast(at::kCPU, at::kBFloat16);
  const at::Tensor predicted = student.predict(images_for(small_config(), 2), hidden);
  EXPECT_EQ(predicted.scalar_type(), at::kFloat);
  EXPECT_FALSE(at::equal(predicted, predicted.to(at::kBFloat16).to(at::kFloat)));
}

TEST(Autocast, StaysCloseToFloat32OnTheCpu) {
  for (const bool base : {false, true}) {
    const auto config = small_config(base);
    VisionTransformer model = random_model(config);
    const at::Tensor images = images_for(config, 2);
    const at::Tensor exact = model.forward(images);
    const auto exact_gradients = gradients_of(model, exact.square().sum());
    at::Tensor rounded, tokens;
    {
      const Autocast autocast(at::kCPU, at::kBFloat16);
      rounded = model.forward(images);
      tokens = model.tokens(images);
    }
    EXPECT_FALSE(Autocast::current(at::kCPU));
    EXPECT_EQ(rounded.scalar_type(), at::kFloat);
    EXPECT_EQ(tokens.scalar_type(), at::kFloat);  // the residual stream
    const double range = (exact.max() - exact.min()).item<double>();
    const double difference = largest_difference(rounded, exact);
    EXPECT_GT(difference, 0);
    EXPECT_LE(difference, 0.02 * range);
    for (const auto& [name, gradient] : gradients_of(model, rounded.square().sum())) {
      const at::Tensor& expected = exact_gradients.at(name);
      EXPECT_EQ(gradient.scalar_type(), at::kFloat) << name;
      EXPECT_LE((gradient - expected).norm().item<double>(), 0.1 * expected.norm().item<double>())
          << name;
    }
  }
}

}  // namespace
}  // namespace evax::nn
