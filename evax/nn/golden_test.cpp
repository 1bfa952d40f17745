// EVA-X for training against the official code's results (tests/fixtures/parity).

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/nn/testing.h"
#include "evax/weights/convert.h"
#include "evax/weights/convert/names.h"

namespace evax::nn {
namespace {

using testing::fixture;
using testing::largest_difference;
using testing::read_tensor;

// README.md of the fixtures.
constexpr double logits_tolerance = 2e-5;
constexpr double tokens_tolerance = 5e-5;
constexpr double gradient_tolerance = 2e-5;  // of the tensor's largest

std::string parity(const std::string& name) { return fixture("parity/" + name); }

VisionTransformer official_model(const std::string& name, int image_size = 64,
                                 const NetworkOptions& options = {}) {
  weights::ImportOptions import;
  import.image_size = image_size;
  const auto file = weights::import_checkpoint(parity(name + ".pth"), import).model;
  VisionTransformer model(file.metadata.model, options);
  load(model, file);
  return model;
}

at::Tensor loss_of(VisionTransformer& model, const at::Tensor& images, const at::Tensor& targets) {
  return at::binary_cross_entropy_with_logits(model.forward(images), targets);
}

class Golden : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Layouts, Golden, ::testing::Values("tiny", "tinyb"),
                         [](const auto& layout) { return layout.param; });

TEST_P(Golden, OutputsEqualTheOfficialCodes) {
  VisionTransformer model = official_model(GetParam());
  const at::NoGradGuard no_grad;
  const at::Tensor images = read_tensor(parity("tiny_input.npy"));
  const at::Tensor tokens = model.tokens(images);
  const auto expected = [&](const char* what) { return read_tensor(parity(GetParam() + what)); };
  EXPECT_LE(largest_difference(tokens, expected("_tokens.npy")), tokens_tolerance);
  EXPECT_LE(largest_difference(model.pooled(tokens), expected("_features.npy")), logits_tolerance);
  EXPECT_LE(largest_difference(model.forward(images), expected("_logits.npy")), logits_tolerance);
}

TEST_P(Golden, EveryBlockEqualsTheOfficialCodes) {
  auto file = weights::import_checkpoint(parity(GetParam() + ".pth"), {}).model;
  const at::Tensor images = read_tensor(parity("tiny_input.npy"));
  const at::Tensor blocks = read_tensor(parity(GetParam() + "_blocks.npy"));
  const at::NoGradGuard no_grad;
  for (int64_t depth = blocks.size(0); depth > 0; --depth) {
    file.metadata.model.depth = static_cast<int>(depth);
    std::erase_if(file.tensors, [&](const auto& item) {
      return item.first.starts_with("blocks." + std::to_string(depth));
    });
    VisionTransformer model(file.metadata.model);
    load(model, file);
    EXPECT_LE(largest_difference(model.tokens(images), blocks[depth - 1]), tokens_tolerance);
  }
}

TEST_P(Golden, GradientsEqualTheOfficialCodes) {
  const std::string path = testing::shared_fixture("parity/" + GetParam() + "_grads.npz");
  if (path.empty()) GTEST_SKIP() << "no gradients of the official code here";
  const auto expected = testing::read_arrays(path);
  const at::Tensor images = read_tensor(parity("tiny_input.npy"));
  const at::Tensor targets = read_tensor(parity("tiny_targets.npy"));
  for (const bool checkpoint : {false, true}) {
    VisionTransformer model = official_model(GetParam(), 64, {.checkpoint_blocks = checkpoint});
    const at::Tensor loss = loss_of(model, images, targets);
    EXPECT_NEAR(loss.item<double>(), GetParam() == "tiny" ? 0.8260991 : 1.1093557, 2e-6);
    const auto gradients = testing::gradients_of(model, loss);
    EXPECT_EQ(gradients.size(), expected.size());
    for (const auto& [official, gradient] : expected) {
      const std::string name = weights::timm_name(official, GetParam() == "tinyb");
      EXPECT_LE(largest_difference(gradients.at(name), gradient),
                gradient_tolerance * gradient.abs().max().item<double>())
          << name;
    }
  }
}

TEST(Golden96, AnotherImageSizeEqualsTheOfficialCode) {
  VisionTransformer model = official_model("tiny", 96);
  const at::NoGradGuard no_grad;
  const at::Tensor logits = model.forward(read_tensor(parity("tiny96_input.npy")));
  EXPECT_LE(largest_difference(logits, read_tensor(parity("tiny96_logits.npy"))), logits_tolerance);
}

struct Trained {
  at::Tensor parameter, average, square;
  double lr, weight_decay;
};

// Written out, so that the network alone is under test (Loshchilov and Hutter, arXiv 1711.05101).
void adamw(Trained& trained, int step) {
  constexpr double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  const at::Tensor gradient = trained.parameter.grad();
  trained.parameter.mul_(1 - trained.lr * trained.weight_decay);
  trained.average.lerp_(gradient, 1 - beta1);
  trained.square.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
  const at::Tensor root = (trained.square.sqrt() / std::sqrt(1 - std::pow(beta2, step))) + epsilon;
  trained.parameter.addcdiv_(trained.average, root, -trained.lr / (1 - std::pow(beta1, step)));
}

TEST(GoldenTraining, FiveStepsEqualTheOfficialCodes) {
  const std::string path = testing::shared_fixture("parity/tiny_train.npz");
  if (path.empty()) GTEST_SKIP() << "no training steps of the official code here";
  const auto arrays = testing::read_arrays(path);
  std::ifstream json_file(testing::shared_fixture("parity/tiny_train.json"));
  const auto settings = nlohmann::json::parse(json_file);

  VisionTransformer model = official_model("tiny");
  const auto parameters = model.named_parameters();
  std::map<std::string, Trained> all;
  for (const auto& [official, group] : settings.at("params").items()) {
    const at::Tensor& parameter = parameters[weights::timm_name(official, false)];
    all[official] = {parameter, at::zeros_like(parameter), at::zeros_like(parameter),
                     group.at("lr").get<double>(), group.at("weight_decay").get<double>()};
  }
  ASSERT_EQ(all.size(), parameters.size());

  const at::Tensor losses = arrays.at("losses");
  const auto loss = [&] { return loss_of(model, arrays.at("images"), arrays.at("targets")); };
  for (int step = 1; step <= 5; ++step) {
    const at::Tensor value = loss();
    EXPECT_NEAR(value.item<double>(), losses[step - 1].item<double>(), 2e-6);
    testing::gradients_of(model, value);
    const at::NoGradGuard no_grad;
    for (auto& [official, trained] : all) adamw(trained, step);
  }
  EXPECT_NEAR(loss().item<double>(), losses[5].item<double>(), 2e-6);
  for (const auto& [official, trained] : all) {
    const at::Tensor difference = (trained.parameter - arrays.at("final." + official)).abs();
    EXPECT_LE(difference.mean().item<double>(), 5e-7) << official;
    EXPECT_LE(difference.max().item<double>(), 2e-4) << official;
  }
}

}  // namespace
}  // namespace evax::nn
