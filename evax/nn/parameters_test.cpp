#include <gtest/gtest.h>

#include <cmath>

#include "evax/nn/testing.h"
#include "evax/nn/vision_transformer.h"
#include "evax/weights/testing.h"

namespace evax::nn {
namespace {

using testing::small_config;
using weights::testing::expect_error;

weights::ModelFile file_of(const VisionTransformer& model) {
  weights::ModelFile file;
  file.metadata.model = model.config();
  file.tensors = parameters_of(model);
  return file;
}

TEST(Parameters, SurviveALoad) {
  for (const bool base : {false, true}) {
    VisionTransformer first(small_config(base)), second(small_config(base));
    initialise(first, 1);
    initialise(second, 2);
    load(second, file_of(first));
    const auto loaded = second.named_parameters();
    for (const auto& item : first.named_parameters())
      EXPECT_TRUE(at::equal(item.value(), loaded[item.key()])) << item.key();
    EXPECT_FALSE(loaded["cls_token"].is_same(first.named_parameters()["cls_token"]));
    EXPECT_TRUE(loaded["cls_token"].requires_grad());
  }
}

TEST(Parameters, AnotherHeadAndWhatPretrainingAddsAreLeftOut) {
  auto config = small_config();
  VisionTransformer source(config);
  initialise(source, 1);
  auto file = file_of(source);
  file.tensors["mask_token"] = Tensor(DType::f32, {1, 1, 128});
  file.tensors["lm_head.weight"] = Tensor(DType::f32, {7, 128});
  config.num_classes = 3;
  VisionTransformer model(config);
  initialise(model, 2);
  const at::Tensor head = model.named_parameters()["head.weight"].clone();
  load(model, file);
  EXPECT_TRUE(at::equal(model.named_parameters()["head.weight"], head));
  EXPECT_TRUE(
      at::equal(model.named_parameters()["pos_embed"], source.named_parameters()["pos_embed"]));
  config.num_classes = 0;
  VisionTransformer headless(config);
  EXPECT_NO_THROW(load(headless, file));
}

TEST(Parameters, WhatDoesNotFitIsNamed) {
  VisionTransformer model(small_config());
  const auto file = file_of(model);
  auto missing = file;
  missing.tensors.erase("blocks.1.attn.proj.bias");
  expect_error([&] { load(model, missing); }, "the model has no tensor blocks.1.attn.proj.bias");
  auto misshapen = file;
  misshapen.tensors["pos_embed"] = Tensor(DType::f32, {1, 5, 128});
  expect_error([&] { load(model, misshapen); },
               "pos_embed: expected shape [1, 17, 128], found [1, 5, 128]");
  auto foreign = file;
  foreign.tensors["blocks.2.norm1.bias"] = Tensor(DType::f32, {128});
  expect_error([&] { load(model, foreign); }, "blocks.2.norm1.bias");
}

struct Moments {
  double mean, std, largest;
};

Moments moments(const at::Tensor& values) {
  return {values.mean().item<double>(), values.std().item<double>(),
          values.abs().max().item<double>()};
}

TEST(Initialise, FollowsTheOfficialConstructor) {  // spec A.5
  for (const bool base : {false, true}) {
    const auto config = small_config(base);
    VisionTransformer model(config);
    initialise(model, 1);
    for (const auto& item : model.named_parameters()) {
      const std::string& name = item.key();
      const auto [mean, std, largest] = moments(item.value().detach());
      if (name.starts_with("patch_embed.")) {  // uniform in +-1/sqrt(3*16*16)
        const double bound = 1 / std::sqrt(768.0);
        EXPECT_LE(largest, bound) << name;
        EXPECT_NEAR(std, bound / std::sqrt(3.0), 0.15 * bound) << name;
      } else if (name.find("norm") != std::string::npos) {
        EXPECT_EQ(mean, name.ends_with("weight") ? 1 : 0) << name;
        EXPECT_EQ(std, 0) << name;
      } else if (name.ends_with("bias")) {
        EXPECT_EQ(largest, 0) << name;
      } else {
        double expected = 0.02;
        if (name == "head.weight") expected *= 0.001;
        if (name.ends_with("attn.proj.weight") || name.ends_with("mlp.fc2.weight"))
          expected /= std::sqrt(2.0 * (name.starts_with("blocks.0.") ? 1 : 2));
        const double error = 4 / std::sqrt(static_cast<double>(item.value().numel()));
        EXPECT_NEAR(std, expected, error * expected) << name;
        EXPECT_NEAR(mean, 0, error * expected) << name;
      }
    }
  }
}

TEST(Initialise, IsKeyedBySeedAndName) {
  auto config = small_config();
  VisionTransformer model(config), again(config), other(config);
  initialise(model, 1);
  initialise(again, 1);
  initialise(other, 2);
  config.depth = 3;  // what else the network has does not matter
  VisionTransformer deeper(config);
  initialise(deeper, 1);
  const auto parameters = model.named_parameters();
  for (const auto& item : parameters) {
    EXPECT_TRUE(at::equal(item.value(), again.named_parameters()[item.key()])) << item.key();
    EXPECT_TRUE(at::equal(item.value(), deeper.named_parameters()[item.key()])) << item.key();
    if (item.key().ends_with("qkv.weight")) {
      EXPECT_FALSE(at::equal(item.value(), other.named_parameters()[item.key()])) << item.key();
    }
  }
  EXPECT_FALSE(
      at::equal(parameters["blocks.0.attn.qkv.weight"], parameters["blocks.1.attn.qkv.weight"]));
}

TEST(Initialise, TheHeadAloneIsTheSameHead) {
  VisionTransformer model(small_config()), fresh(small_config());
  initialise(model, 1);
  initialise(fresh, 2);
  const at::Tensor before = fresh.named_parameters()["pos_embed"].clone();
  initialise_head(fresh, 1);
  EXPECT_TRUE(
      at::equal(fresh.named_parameters()["head.weight"], model.named_parameters()["head.weight"]));
  EXPECT_TRUE(at::equal(fresh.named_parameters()["pos_embed"], before));
}

}  // namespace
}  // namespace evax::nn
