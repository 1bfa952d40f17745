#include "evax/train/optim/optimizer.h"

#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/train/optim/ema.h"
#include "evax/train/testing/fixtures.h"
#include "evax/weights/cnn.h"
#include "evax/weights/convert/mmseg.h"
#include "evax/weights/convert/names.h"

namespace evax::train {
namespace {

using testing::difference;
using testing::fixture;
using testing::read_json;
using testing::tensor_of;

// The problem of tools/oracles/train.py: four parameters in three groups, one without gradients.
class Optimisers : public ::testing::Test {
 protected:
  const weights::TensorMap oracle_ =
      weights::Safetensors::open(fixture("optimisers.safetensors")).tensors();
  const std::vector<std::string> names_{"bias", "matrix", "kernel", "frozen"};
  const std::vector<Group> groups_{{0.3, 0}, {1, 0.05}, {0.3, 0.05}, {1, 0.05}};

  NamedParameters start() const {
    NamedParameters parameters;
    for (const auto& name : names_)
      parameters.emplace_back(name, tensor_of(oracle_, "start." + name).requires_grad_());
    return parameters;
  }

  void set_gradients(const NamedParameters& parameters, int64_t step) const {
    for (const auto& [name, parameter] : parameters)
      if (name != "frozen")
        parameter.mutable_grad() = tensor_of(oracle_, "gradient." + name)[step].clone();
  }

  // Takes steps [from, to).
  void train(Optimizer& optimizer, const NamedParameters& parameters, int from, int to) const {
    const at::Tensor lrs = tensor_of(oracle_, "lrs");
    for (int step = from; step < to; ++step) {
      set_gradients(parameters, step);
      optimizer.step(lrs[step].item<double>());
    }
  }

  // 6 steps, with a break after 2 in which another optimiser takes over the state.
  void expect_equal_to(const std::string& kind, const OptimRecipe& recipe) const {
    const NamedParameters parameters = start();
    const auto first = Optimizer::make(recipe, parameters, groups_);
    train(*first, parameters, 0, 2);
    EXPECT_EQ(first->steps_done(), 2);
    const auto second = Optimizer::make(recipe, parameters, groups_);
    const auto from = first->state(), to = second->state();
    ASSERT_EQ(from.size(), to.size());
    for (size_t i = 0; i < to.size(); ++i) {
      EXPECT_EQ(from[i].first, to[i].first);
      at::Tensor(to[i].second).copy_(from[i].second);
    }
    second->set_steps_done(first->steps_done());
    train(*second, parameters, 2, 6);
    for (const auto& [name, parameter] : parameters)
      EXPECT_LT(difference(parameter, tensor_of(oracle_, kind + "." + name)), 1e-6)
          << kind << " " << name;
  }
};

TEST_F(Optimisers, AdamWEqualsPyTorch) {
  OptimRecipe recipe;
  recipe.betas = {0.9, 0.98};
  recipe.eps = 1e-6;
  expect_equal_to("adamw", recipe);
}

TEST_F(Optimisers, SgdEqualsPyTorch) {
  OptimRecipe recipe;
  recipe.optimizer = "sgd";
  expect_equal_to("sgd", recipe);
  recipe.momentum = 0;
  expect_equal_to("plain_sgd", recipe);
}

TEST_F(Optimisers, NormAndClippingEqualPyTorch) {
  const NamedParameters parameters = start();
  set_gradients(parameters, 0);
  const at::Tensor norm = gradient_norm(parameters);
  EXPECT_NEAR(norm.item<double>(), tensor_of(oracle_, "norm").item<double>(), 1e-6);
  clip_gradients(parameters, norm, 0.25);
  for (const auto& [name, parameter] : parameters) {
    if (name == "frozen") continue;
    EXPECT_LT(difference(parameter.grad(), tensor_of(oracle_, "clipped." + name)), 1e-7) << name;
  }
  clip_gradients(parameters, gradient_norm(parameters), 10);  // below the limit: as they are
  EXPECT_LT(difference(parameters[0].second.grad(), tensor_of(oracle_, "clipped.bias")), 1e-7);
  zero_gradients(parameters);
  EXPECT_FALSE(parameters[0].second.grad().defined());
  EXPECT_EQ(gradient_norm(parameters).item<double>(), 0);
}

TEST_F(Optimisers, NormShowsWhatIsNotFinite) {
  const NamedParameters parameters = start();
  set_gradients(parameters, 0);
  parameters[1].second.mutable_grad()[2][3] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(std::isfinite(gradient_norm(parameters).item<double>()));
}

TEST_F(Optimisers, StateIsNamed) {
  const auto state = Optimizer::make({}, start(), groups_)->state();
  ASSERT_EQ(state.size(), 8U);
  EXPECT_EQ(state[0].first, "exp_avg.bias");
  EXPECT_EQ(state[5].first, "exp_avg_sq.matrix");
  EXPECT_EQ(state[5].second.sizes(), at::IntArrayRef({5, 11}));
}

TEST_F(Optimisers, RefusesWhatMakesNoSense) {
  OptimRecipe recipe;
  recipe.optimizer = "adam";
  EXPECT_THROW(Optimizer::make(recipe, start(), groups_), Error);
  EXPECT_THROW(Optimizer::make({}, start(), {Group{}}), Error);
  recipe = {};
  recipe.betas = {0.9};
  EXPECT_THROW(Optimizer::make(recipe, start(), groups_), Error);
}

TEST_F(Optimisers, EmaEqualsPyTorch) {
  const at::Tensor start = tensor_of(oracle_, "start.matrix");
  at::Tensor weight = start.clone().requires_grad_();
  Ema ema({{"matrix", weight}}, 0.9);
  for (int step = 1; step < 6; ++step) {
    weight.detach().copy_(start + step * tensor_of(oracle_, "gradient.matrix")[step]);
    ema.update();
  }
  const at::Tensor expected = tensor_of(oracle_, "ema.matrix"), last = weight.detach().clone();
  EXPECT_LT(difference(ema.state()[0].second, expected), 1e-6);
  ema.swap();
  EXPECT_LT(difference(weight, expected), 1e-6);
  ema.swap();
  EXPECT_EQ(difference(weight, last), 0);
  EXPECT_LT(difference(ema.state()[0].second, expected), 1e-6);
}

// The official code's scale and decay of each parameter.
TEST(LayerDecay, EqualsTheOfficialGroups) {
  const std::string path = std::string(EVAX_SHARED_DIR) + "/fixtures/parity/tiny_train.json";
  if (!std::ifstream(path)) GTEST_SKIP() << path << " is not here";
  const auto train = read_json(path);
  EXPECT_EQ(train["params"].size(), 34U);
  for (const auto& [name, expected] : train["params"].items()) {
    // The groups depend on the rank of a parameter alone, and a name's ending tells it here.
    const bool flat = name.ends_with("bias") || name.find("norm") != std::string::npos;
    const Group group =
        layer_decay_group(name, at::zeros(flat ? at::IntArrayRef{3} : at::IntArrayRef{3, 2}), 2,
                          train["layer_decay"], train["optimizer"]["weight_decay"]);
    EXPECT_DOUBLE_EQ(group.lr_scale, expected["lr_scale"].get<double>()) << name;
    EXPECT_EQ(group.weight_decay, expected["weight_decay"].get<double>()) << name;
  }
}

// Every parameter of the official optimisers (tests/fixtures/seg/network).
TEST(SegmentationGroups, EqualTheOfficialOnes) {
  for (const auto& [variant, file] :
       {std::pair{"eva_x_small", "eva_x_s_upernet"}, std::pair{"resnet50", "r50_unet"}}) {
    weights::ModelConfig config = *weights::published_config(variant);
    config.image_size = 512;
    config.num_classes = 1;
    config.decoder = weights::default_decoder(config);
    const auto official = read_json(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/seg/network/" +
                                    file + "_groups.json");
    size_t parameters = 0;
    for (const auto& [name, shape] : weights::parameters_of(config)) {
      if (weights::is_running_statistic(name)) continue;
      ++parameters;
      const std::string key =
          weights::mmseg_name(config, weights::official_name(name, config.qkv_split));
      const auto& expected = official["params"].at(key);
      const Group group = segmentation_group(name, at::empty(shape, at::TensorOptions(at::kMeta)),
                                             config, 0.85, 0.05);
      EXPECT_DOUBLE_EQ(group.lr_scale, expected[0].get<double>()) << name;
      EXPECT_EQ(group.weight_decay, expected[1].get<double>()) << name;
    }
    EXPECT_EQ(parameters, official["params"].size());
  }
}

// Spec C.2's table for depth 12 at 1e-3.
TEST(LayerDecay, ReachesTwelveBlocks) {
  const at::Tensor matrix = at::zeros({2, 2});
  EXPECT_NEAR(layer_decay_group("cls_token", matrix, 12, 0.55, 0.05).lr_scale, 4.214e-4, 5e-8);
  EXPECT_NEAR(layer_decay_group("blocks.0.attn.qkv.weight", matrix, 12, 0.55, 0.05).lr_scale,
              7.662e-4, 5e-8);
  EXPECT_NEAR(layer_decay_group("blocks.11.mlp.w1.weight", matrix, 12, 0.55, 0.05).lr_scale, 0.55,
              1e-12);
  EXPECT_EQ(layer_decay_group("head.weight", matrix, 12, 0.55, 0.05).lr_scale, 1);
}

}  // namespace
}  // namespace evax::train
