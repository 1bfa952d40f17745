// The two halves of evax, training on LibTorch and the engine, on the same model: here because
// neither room may know the other.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/engine/model.h"
#include "evax/engine/testing/formula_model.h"
#include "evax/nn/vision_transformer.h"
#include "evax/weights/testing.h"

namespace {

using namespace evax;
using engine::testing::formula_images;
using engine::testing::formula_model;

constexpr double logits_tolerance = 2e-5;  // tests/fixtures/parity/README.md
constexpr double tokens_tolerance = 1e-4;  // full size: the contract of both halves

struct Size {
  const char* key;
  weights::ModelConfig config;
};

class Agreement : public ::testing::TestWithParam<Size> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Agreement,
                         ::testing::Values(Size{"ti", engine::testing::tiny_config()},
                                           Size{"s", engine::testing::small_config()},
                                           Size{"b", engine::testing::base_config()}),
                         [](const auto& size) { return std::string(size.param.key); });

void expect_near(const at::Tensor& values, const std::vector<float>& expected, double tolerance) {
  ASSERT_EQ(values.numel(), static_cast<int64_t>(expected.size()));
  const auto* found = values.const_data_ptr<float>();
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(found[i], expected[i], tolerance) << "element " << i;
}

// Through a file, as weights travel from training to the engine.
weights::ModelFile through_a_file(const nn::VisionTransformer& model) {
  const weights::testing::TemporaryFolder folder;
  weights::ModelFile file;
  file.metadata.model = model.config();
  for (int i = 0; i < model.config().num_classes; ++i)
    file.metadata.classes.push_back("class " + std::to_string(i));
  file.tensors = nn::parameters_of(model);
  weights::save_model(folder.file("model.safetensors"), file);
  return weights::load_model(folder.file("model.safetensors"));
}

TEST_P(Agreement, TrainingOfficialCodeAndEngineGiveTheSameNumbers) {
  const auto& [key, config] = GetParam();
  const auto size = [](int64_t count) { return std::vector<float>(static_cast<size_t>(count)); };
  std::vector<float> images = formula_images(config, 1);

  nn::VisionTransformer model(config);
  nn::load(model, formula_model(config));
  const at::NoGradGuard no_grad;
  const at::Tensor input =
      at::from_blob(images.data(), {1, 3, config.image_size, config.image_size});
  const at::Tensor tokens = model.tokens(input);
  const at::Tensor features = model.pooled(tokens);
  const at::Tensor logits = model.forward(input);

  std::ifstream json(EVAX_SOURCE_DIR "/tests/fixtures/parity/formula_logits.json");
  const auto official = nlohmann::json::parse(json).at(key);
  expect_near(logits, official.at("logits_float64").get<std::vector<float>>(), logits_tolerance);
  expect_near(features.narrow(1, 0, 8).contiguous(),
              official.at("features_first8").get<std::vector<float>>(), logits_tolerance);
  EXPECT_NEAR(tokens.to(at::kDouble).sum().item<double>(), official.at("tokens_sum").get<double>(),
              1e-5 * official.at("tokens_abs_sum").get<double>());

  const engine::Session engine(through_a_file(model), {engine::Precision::fp32, 1});
  auto engine_logits = size(config.num_classes);
  auto engine_features = size(config.embed_dim);
  auto engine_tokens = size(int64_t{config.tokens()} * config.embed_dim);
  engine.forward(images.data(), 1,
                 {engine_logits.data(), engine_features.data(), engine_tokens.data()});
  expect_near(logits, engine_logits, logits_tolerance);
  expect_near(features, engine_features, logits_tolerance);
  expect_near(tokens, engine_tokens, tokens_tolerance);
}

}  // namespace
