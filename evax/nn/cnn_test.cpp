#include "evax/weights/cnn.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evax/nn/autocast.h"
#include "evax/nn/densenet.h"
#include "evax/nn/resnet.h"
#include "evax/nn/testing.h"
#include "evax/weights/testing.h"

namespace evax::nn {
namespace {

using weights::testing::expect_error;

weights::ModelConfig config_of(const char* arch, int num_classes, int width) {
  weights::ModelConfig config = *weights::published_config(arch);
  config.embed_dim = width;
  config.num_classes = num_classes;
  return config;
}

constexpr int resnet_width = 64;
constexpr int densenet_width = (8 + 2 * 4) / 2 + 3 * 4;
ResNet small_resnet(int num_classes = 3) {
  return ResNet(config_of("resnet50", num_classes, resnet_width), {},
                {.blocks = {2, 1}, .width = 8});
}
DenseNet small_densenet(int num_classes = 3) {
  return DenseNet(config_of("densenet121", num_classes, densenet_width),
                  {.layers = {2, 3}, .growth = 4, .stem = 8, .bottleneck = 2});
}

using Shapes = std::map<std::string, Shape>;

Shapes shapes_of(const torch::nn::Module& network) {
  Shapes shapes;
  for (const auto& item : network.named_parameters())
    shapes[item.key()] = item.value().sizes().vec();
  for (const auto& item : network.named_buffers()) shapes[item.key()] = item.value().sizes().vec();
  return shapes;
}

Shapes as_map(const std::vector<std::pair<std::string, Shape>>& list) {
  return {list.begin(), list.end()};
}

TEST(Cnn, HasTheTensorsOfItsFile) {
  for (const int classes : {0, 14}) {
    EXPECT_EQ(shapes_of(ResNet(config_of("resnet50", classes, 2048))),
              as_map(weights::resnet_parameters(classes)));
    EXPECT_EQ(shapes_of(DenseNet(config_of("densenet121", classes, 1024))),
              as_map(weights::densenet_parameters(classes)));
  }
}

template <typename Cnn>
void expect_shapes(Cnn network, Cnn headless, int64_t width) {
  const at::NoGradGuard no_grad;
  for (const int64_t side : {64, 75}) {
    const at::Tensor images = at::randn({2, 3, side, side});
    EXPECT_EQ(network.forward(images).sizes().vec(), (Shape{2, 3}));
    EXPECT_EQ(network.features(images).sizes().vec(), (Shape{2, width}));
    EXPECT_EQ(headless.forward(images).sizes().vec(), (Shape{2, width}));
  }
  expect_error(
      [&] {
        network.forward(at::zeros({2, 1, 64, 64}));
      },
      "expected images of shape [N, 3, H, W], found [2, 1, 64, 64]");
}

TEST(Cnn, TakesImagesOfAnySize) {
  expect_shapes(small_resnet(), small_resnet(0), resnet_width);
  expect_shapes(small_densenet(), small_densenet(0), densenet_width);
}

double std_of(const at::Tensor& values) { return values.std().item<double>(); }

// torchvision's constructors; the error of a standard deviation from n numbers is 1/sqrt(2n).
void expect_convolutions(const Network& network, int fan_dimension) {
  for (const auto& item : network.named_parameters()) {
    const at::Tensor& values = item.value();
    if (values.dim() != 4) continue;
    const auto count = static_cast<double>(values.numel());
    const double expected = std::sqrt(2 * static_cast<double>(values.size(fan_dimension)) / count);
    EXPECT_NEAR(std_of(values), expected, 4 * expected / std::sqrt(2 * count)) << item.key();
  }
}

void expect_fresh_norm(const torch::nn::Module& network, const std::string& name) {
  const auto parameters = network.named_parameters();
  const auto buffers = network.named_buffers();
  EXPECT_TRUE(parameters[name + ".weight"].eq(1).all().item<bool>());
  EXPECT_TRUE(parameters[name + ".bias"].eq(0).all().item<bool>());
  EXPECT_TRUE(buffers[name + ".running_mean"].eq(0).all().item<bool>());
  EXPECT_TRUE(buffers[name + ".running_var"].eq(1).all().item<bool>());
}

// Uniform in +-bound.
void expect_uniform(const at::Tensor& values, double bound) {
  EXPECT_LE(values.abs().max().item<double>(), bound);
  EXPECT_NEAR(std_of(values), bound / std::sqrt(3), 0.3 * bound);
}

TEST(InitialiseCnn, ResNetFollowsTorchvision) {
  ResNet network = small_resnet(20);
  network.forward(at::randn({2, 3, 64, 64}) + 5);  // statistics to forget
  initialise(network, 1);
  expect_convolutions(network, 1);  // fan_out: all but the inputs
  expect_fresh_norm(network, "bn1");
  expect_fresh_norm(network, "layer2.0.downsample.1");
  expect_uniform(network.named_parameters()["fc.weight"], 1 / std::sqrt(64.0));
  expect_uniform(network.named_parameters()["fc.bias"], 1 / std::sqrt(64.0));
}

TEST(InitialiseCnn, DenseNetFollowsTorchvision) {
  DenseNet network = small_densenet(20);
  network.forward(at::randn({2, 3, 64, 64}) + 5);
  initialise(network, 1);
  expect_convolutions(network, 0);  // fan_in: all but the outputs
  expect_fresh_norm(network, "features.norm5");
  expect_fresh_norm(network, "features.transition1.norm");
  expect_uniform(network.named_parameters()["classifier.weight"], 1 / std::sqrt(20.0));
  EXPECT_TRUE(network.named_parameters()["classifier.bias"].eq(0).all().item<bool>());
}

template <typename Cnn>
void expect_keyed(Cnn first, Cnn again, Cnn other, const std::string& head) {
  initialise(first, 1);
  initialise(again, 2);
  initialise_head(again, 1);
  initialise(other, 2);
  const auto a = first.named_parameters(), b = again.named_parameters(),
             c = other.named_parameters();
  for (const auto& item : a) {
    const bool in_head = item.key().starts_with(head);
    EXPECT_TRUE(at::equal(b[item.key()], in_head ? item.value() : c[item.key()])) << item.key();
    if (item.value().dim() > 1) {
      EXPECT_FALSE(at::equal(item.value(), c[item.key()])) << item.key();
    }
  }
}

TEST(InitialiseCnn, IsKeyedBySeedAndTheHeadAloneIsTheSame) {
  expect_keyed(small_resnet(), small_resnet(), small_resnet(), "fc.");
  expect_keyed(small_densenet(), small_densenet(), small_densenet(), "classifier.");
}

// bfloat16 has 8 bits: a few percent of the largest logit after some twenty layers. Evaluation,
// since statistics of few images would enlarge every error.
template <typename Cnn>
void expect_autocast(Cnn network) {
  initialise(network, 1);
  network.eval();
  const at::Tensor images = at::randn({4, 3, 64, 64});
  const at::Tensor wide = network.forward(images);
  const Autocast autocast(at::kCPU, at::kBFloat16);
  const at::Tensor logits = network.forward(images);
  EXPECT_LE(testing::largest_difference(logits, wide), 0.05 * wide.abs().max().item<double>());
  network.train();
  network.forward(images).sum().backward();
  for (const auto& item : network.named_parameters()) {
    EXPECT_EQ(item.value().grad().scalar_type(), at::kFloat) << item.key();
    EXPECT_TRUE(item.value().grad().isfinite().all().template item<bool>()) << item.key();
  }
}

TEST(Cnn, RunsUnderAutocast) {
  expect_autocast(small_resnet());
  expect_autocast(small_densenet());
}

TEST(Cnn, LeavesScoresInFloat32UnderAutocast) {
  ResNet resnet = small_resnet();
  DenseNet densenet = small_densenet();
  for (Network* network : {static_cast<Network*>(&resnet), static_cast<Network*>(&densenet)}) {
    initialise(*network, 1);
    testing::expect_exact_scores(*network, at::randn({4, 3, 64, 64}));
  }
}

TEST(Cnn, EveryBatchNormIsSynchronised) {
  ResNet resnet = small_resnet();
  DenseNet densenet = small_densenet();
  int sums = 0;
  const SumOverRanks count = [&](at::Tensor&) { ++sums; };
  synchronise_batch_norms(resnet, count);
  synchronise_batch_norms(densenet, count);
  const at::NoGradGuard no_grad;
  const at::Tensor images = at::randn({2, 3, 64, 64});
  resnet.forward(images);
  EXPECT_EQ(sums, 1 + 3 * 3 + 2);  // stem, three blocks, two shortcuts
  sums = 0;
  densenet.forward(images);
  EXPECT_EQ(sums, 1 + 5 * 2 + 1 + 1);  // stem, five layers, a transition, the end
}

}  // namespace
}  // namespace evax::nn
