// The baselines against timm's networks (tests/fixtures/baselines, README.md); ResNet50's and
// DenseNet121's weights come from a formula. Both sides compute in float64, where 1e-7 is two
// digits above what is written and far below what any difference between the networks would make.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/core/npy.h"
#include "evax/core/testing/formula.h"
#include "evax/nn/grad_cam.h"
#include "evax/nn/tensors.h"
#include "evax/nn/testing.h"
#include "evax/nn/vision_transformer.h"
#include "evax/weights/convert.h"

namespace evax::nn {
namespace {

using nlohmann::json;
using testing::largest_difference;

constexpr double tolerance = 1e-7;
// timm in float32 is within 1.4e-6 (of the largest value) of itself in float64: another order of
// summation may cost a few times that.
constexpr double float32_tolerance = 1e-5;

double formula(const std::string& name, uint64_t stream, uint64_t i, const at::Tensor& tensor) {
  const double s = evax::test::formula_value(stream, i);
  if (name.ends_with("running_var")) return 1 + 0.5 * s;
  if (tensor.dim() > 1)
    return std::sqrt(3.0 * static_cast<double>(tensor.size(0)) /
                     static_cast<double>(tensor.numel())) *
           s;
  return name.ends_with("weight") ? 1 + 0.1 * s : 0.1 * s;
}

void fill(torch::nn::Module& network) {
  const at::NoGradGuard no_grad;
  std::map<std::string, at::Tensor> tensors;
  for (const auto& item : network.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : network.named_buffers()) tensors[item.key()] = item.value();
  uint64_t stream = 0;
  for (auto& [name, tensor] : tensors) {
    at::Tensor values = at::empty(tensor.sizes(), at::kFloat);
    auto* data = values.mutable_data_ptr<float>();
    for (int64_t i = 0; i < values.numel(); ++i)
      data[i] = static_cast<float>(formula(name, stream, static_cast<uint64_t>(i), tensor));
    tensor.copy_(values);
    ++stream;
  }
}

at::Tensor matrix(const json& rows) {
  const auto values = rows.get<std::vector<std::vector<double>>>();
  std::vector<at::Tensor> tensors;
  for (const auto& row : values) tensors.push_back(at::tensor(row, at::kDouble));
  return at::stack(tensors);
}

double relative_difference(const at::Tensor& found, const json& expected) {
  const at::Tensor values = matrix(expected);
  return largest_difference(found, values) / values.abs().max().item<double>();
}

/// `expected`: sum, sum of absolute values, first values.
void expect_summary(const at::Tensor& found, const json& expected, const std::string& name) {
  const auto numbers = expected.get<std::vector<double>>();
  const at::Tensor flat = found.flatten();
  const double absolute = numbers[1];
  EXPECT_NEAR(flat.sum().item<double>(), numbers[0], tolerance * absolute) << name;
  EXPECT_NEAR(flat.abs().sum().item<double>(), absolute, tolerance * absolute) << name;
  const double mean = absolute / static_cast<double>(flat.numel());
  for (size_t i = 2; i < numbers.size(); ++i)
    EXPECT_NEAR(flat[static_cast<int64_t>(i - 2)].item<double>(), numbers[i],
                tolerance * (mean + std::abs(numbers[i])))
        << name;
}

void expect_step(Network& network, const at::Tensor& images, const at::Tensor& targets,
                 const json& expected) {
  network.zero_grad();
  const at::Tensor logits = network.forward(images);
  EXPECT_LE(relative_difference(logits, expected.at("logits")), tolerance);
  const at::Tensor loss = at::binary_cross_entropy_with_logits(logits, targets);
  EXPECT_NEAR(loss.item<double>(), expected.at("loss").get<double>(), tolerance);
  loss.backward();
  const auto parameters = network.named_parameters();
  EXPECT_EQ(parameters.size(), expected.at("gradients").size());
  for (const auto& [name, summary] : expected.at("gradients").items())
    expect_summary(parameters[name].grad(), summary, name);
}

void expect_timms(const std::string& arch) {
  std::ifstream text(testing::fixture("baselines/" + arch + ".json"));
  const json expected = json::parse(text);
  const at::Tensor targets = matrix(expected.at("targets"));
  const at::Tensor images = testing::read_tensor(testing::fixture("baselines/images.npy"));
  weights::ModelConfig config = *weights::published_config(arch);
  config.num_classes = static_cast<int>(targets.size(1));
  const auto made = make_network(config);
  Network& network = *made;
  fill(network);

  network.eval();
  {
    const at::NoGradGuard no_grad;
    const json& outputs = expected.at("eval");
    EXPECT_LE(relative_difference(network.features(images), outputs.at("features")),
              float32_tolerance);
    EXPECT_LE(relative_difference(network.forward(images), outputs.at("logits")),
              float32_tolerance);
  }
  network.to(at::kDouble);
  expect_step(network, images.to(at::kDouble), targets, expected.at("eval"));

  network.train();
  expect_step(network, images.to(at::kDouble), targets, expected.at("train"));
  const auto buffers = network.named_buffers();
  const json& statistics = expected.at("train").at("statistics");
  EXPECT_EQ(buffers.size(), statistics.size());
  for (const auto& [name, summary] : statistics.items())
    expect_summary(buffers[name], summary, name);
}

class GoldenGradCam : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, GoldenGradCam, ::testing::Values("resnet50", "densenet121"));

TEST_P(GoldenGradCam, EqualsPyTorchsOfTimms) {
  std::ifstream text(testing::fixture("baselines/grad_cam.json"));
  const json expected = json::parse(text).at(GetParam());
  weights::ModelFile file;
  file.metadata.model = *weights::published_config(GetParam());
  file.metadata.model.num_classes = static_cast<int>(expected.at(0).size());
  {
    const auto network = make_network(file.metadata.model);
    fill(*network);
    file.tensors = parameters_of(*network);
  }
  GradCam grad_cam(file, 1);
  const Tensor images = read_npy(testing::fixture("baselines/images.npy"));
  const auto [raw, logits] = grad_cam(images, std::vector{0, 1, 2, 3, 4, -1});
  const at::Tensor maps = to_torch(raw), values = to_torch(logits);
  for (int64_t image = 0; image < maps.size(0); ++image) {
    for (int64_t c = 0; c < 5; ++c)
      EXPECT_LE(relative_difference(maps[image][c], expected.at(image).at(c)), float32_tolerance);
    const int64_t top = values[image].argmax().item<int64_t>();
    EXPECT_TRUE(maps[image][5].equal(maps[image][top]));
  }
}

class GoldenVit : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Pools, GoldenVit, ::testing::Values("vit_token", "vit_avg"));

TEST_P(GoldenVit, EqualsTimms) {
  const std::string stem = std::string("baselines/") + GetParam();
  std::ifstream text(testing::fixture(stem + ".json"));
  const json expected = json::parse(text);
  const auto file = weights::import_checkpoint(testing::fixture(stem + ".safetensors"), {}).model;
  VisionTransformer network(file.metadata.model);
  load(network, file);
  network.to(at::kDouble);
  const at::Tensor images =
      testing::read_tensor(testing::fixture("baselines/images.npy")).to(at::kDouble);
  {
    const at::NoGradGuard no_grad;
    EXPECT_LE(relative_difference(network.features(images), expected.at("features")), tolerance);
    const at::Tensor tokens = network.tokens(images);
    for (const int64_t image : {0, 1})
      EXPECT_LE(relative_difference(tokens[image], expected.at("tokens").at(image)), tolerance);
  }
  expect_step(network, images, matrix(expected.at("targets")), expected);
}

TEST(GoldenCnn, ResNet50EqualsTimms) { expect_timms("resnet50"); }
TEST(GoldenCnn, DenseNet121EqualsTimms) { expect_timms("densenet121"); }

}  // namespace
}  // namespace evax::nn
