// Segmentation networks against the official code inside mmsegmentation
// (tests/fixtures/seg/network, README.md).

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/core/testing/formula.h"
#include "evax/nn/segmentation/uper_net.h"
#include "evax/nn/testing.h"
#include "evax/weights/cnn.h"
#include "evax/weights/convert.h"

namespace evax::nn {
namespace {

using nlohmann::json;
using testing::largest_difference;
using testing::own_name;
using testing::read_tensor;

// The official code in float32 is within 3.7e-6, 7e-5 (logits up to 14) and 1.2e-5 of itself in
// float64: the order of summation may cost a few times that.
constexpr double tolerance = 3e-5;
constexpr double full_tolerance = 5e-4;
constexpr double unet_tolerance = 1e-4;

std::string network_fixture(const std::string& name) {
  return testing::fixture("seg/network/" + name);
}

json read_json(const std::string& name) {
  std::ifstream file(network_fixture(name));
  return json::parse(file);
}

UperNet official_segmenter() {
  const auto file = weights::import_checkpoint(network_fixture("tiny_seg.pth"), {}).model;
  UperNet model(file.metadata.model);
  load(model, file);
  return model;
}

at::Tensor images() { return read_tensor(network_fixture("tiny_seg_input.npy")); }

// Binary cross entropy over all pixels, those to be ignored with weight 0 (spec D.4).
at::Tensor pixel_loss(const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor target = labels.unsqueeze(1), valid = target.ne(255).to(logits.scalar_type());
  return at::binary_cross_entropy_with_logits(logits, target.to(logits.scalar_type()) * valid,
                                              valid);
}

at::Tensor labels() { return read_tensor(network_fixture("tiny_seg_label.npy")); }

TEST(SegmentationGolden, LogitsAndLossEqualTheOfficialCodes) {
  UperNet model = official_segmenter();
  model.eval();
  const at::NoGradGuard no_grad;
  EXPECT_LE(largest_difference(model.logits(model.features(images())),
                               read_tensor(network_fixture("tiny_seg_logits.npy"))),
            tolerance);
  const at::Tensor logits = model.forward(images());
  EXPECT_LE(largest_difference(logits, read_tensor(network_fixture("tiny_seg_logits_up.npy"))),
            tolerance);
  EXPECT_NEAR(pixel_loss(logits, labels()).item<double>(), 0.6169444, 1e-6);
}

TEST(SegmentationGolden, EveryStepEqualsTheOfficialCodes) {
  UperNet model = official_segmenter();
  model.eval();
  const at::NoGradGuard no_grad;
  const auto expected = testing::read_arrays(network_fixture("tiny_seg_mid.npz"));
  const auto compare = [&](const at::Tensor& found, const std::string& name) {
    EXPECT_LE(largest_difference(found, expected.at(name)), tolerance) << name;
  };
  compare(model.tokens(images()), "tokens");
  const UPerHead::Pyramid pyramid = model.pyramid(images());
  for (const int level : {0, 1}) {  // 16 channels were kept
    const at::Tensor& map = pyramid.at(static_cast<size_t>(level));
    compare(map[0].narrow(0, 0, 16), "fpn" + std::to_string(level + 1));
  }
  compare(pyramid[2][0], "fpn3");
  compare(pyramid[3][0], "fpn4");
  compare(model.head().pool(pyramid[3])[0], "psp");
  const UPerHead::Pyramid sums = model.head().top_down(pyramid);
  for (const size_t level : {0, 1, 2})
    compare(sums[level][0], "lateral_sum" + std::to_string(level));
  compare(model.head().forward(pyramid)[0], "fused");
}

TEST(SegmentationGolden, StatisticsAndLossOfTrainingEqualTheOfficialCodes) {
  UperNet model = official_segmenter();
  EXPECT_NEAR(pixel_loss(model.forward(images()), labels()).item<double>(), 0.8631079, 1e-6);
  const auto buffers = model.named_buffers();
  const auto expected = testing::read_arrays(network_fixture("tiny_seg_bn_after.npz"));
  EXPECT_EQ(expected.size(), 26U);
  for (const auto& [name, statistic] : expected)
    EXPECT_LE(largest_difference(buffers[own_name(name)], statistic), tolerance) << name;
}

TEST(SegmentationGolden, GradientsEqualTheOfficialCodes) {
  const std::string path = testing::shared_fixture("seg/tiny_seg_grads.npz");
  if (path.empty()) GTEST_SKIP() << "no gradients of the official code here";
  UperNet model = official_segmenter();
  const auto gradients =
      testing::gradients_of(model, pixel_loss(model.forward(images()), labels()));
  const auto expected = testing::read_arrays(path);
  EXPECT_EQ(gradients.size(), expected.size());
  for (const auto& [name, gradient] : expected) {
    const at::Tensor& found = gradients.at(own_name(name));
    // A bias before a normalisation has no effect.
    const bool zero = name.ends_with("fpn1.0.bias") || name.ends_with("fpn1.3.bias") ||
                      name.ends_with("fpn2.0.bias");
    if (zero)
      EXPECT_LE(found.abs().max().item<double>(), 1e-7) << name;
    else
      EXPECT_LE(largest_difference(found, gradient),
                tolerance * gradient.abs().max().item<double>())
          << name;
  }
}

// A classifier of 64 px as encoder at 128 px, as the official loader starts one.
TEST(SegmentationGolden, AnEncoderOfAnotherSizeStartsAsInTheOfficialCode) {
  const auto file =
      weights::import_checkpoint(testing::fixture("parity/tiny.pth"), {.image_size = 128}).model;
  weights::ModelConfig config = file.metadata.model;
  config.num_classes = 1;
  config.decoder = weights::DecoderConfig{.channels = 32};
  UperNet model(config);
  initialise(model, 0);
  load_encoder(model, file);
  EXPECT_LE(largest_difference(model.named_parameters()["pos_embed"].detach(),
                               read_tensor(network_fixture("tiny_mim_pos_embed.npy"))),
            1e-6);
  const at::NoGradGuard no_grad;
  EXPECT_LE(largest_difference(model.pyramid(images())[2].slice(0, 0, 1),
                               read_tensor(network_fixture("tiny_mim_fpn3.npy")).slice(0, 0, 1)),
            tolerance);
}

// ---- full size, weights by formula (formula_seg.json, `recipe`) ----

double formula(const std::string& name, double s, const at::Tensor& tensor) {
  if (name.ends_with("running_var")) return 1 + 0.3 * s;
  if (name.ends_with("running_mean")) return 0.1 * s;
  if (tensor.dim() == 1) return name.ends_with(".weight") ? 1 + 0.1 * s : 0.05 * s;
  if (name == "backbone.cls_token" || name == "backbone.pos_embed") return 0.1 * s;
  const bool decoder = name.starts_with("decode_head.") || name.starts_with("backbone.decoder.");
  const double fan_in = static_cast<double>(tensor.numel()) / static_cast<double>(tensor.size(0));
  const double value = std::sqrt((decoder ? 6 : 3) / fan_in) * s;
  return name == "backbone.patch_embed.proj.weight" ? 0.1 * value : value;
}

template <typename Value>
at::Tensor values(at::IntArrayRef shape, Value value) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  auto* data = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i)
    data[i] = static_cast<float>(value(static_cast<uint64_t>(i)));
  return tensor;
}

std::shared_ptr<Network> formula_model(const char* variant, int image_size, const json& official) {
  weights::ModelConfig config = *weights::published_config(variant);
  config.image_size = image_size;
  config.num_classes = 1;
  config.decoder = weights::default_decoder(config);
  const auto model = make_network(config);
  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters(), buffers = model->named_buffers();
  uint64_t stream = 0;
  for (const std::string name : official.at("sorted_keys")) {
    const std::string own = own_name(name);
    at::Tensor tensor = parameters.contains(own) ? parameters[own] : buffers[own];
    tensor.copy_(values(tensor.sizes(), [&](uint64_t i) {
      return formula(name, evax::test::formula_value(stream, i), tensor);
    }));
    ++stream;
  }
  return model;
}

at::Tensor formula_images(int64_t side) {
  return values({1, 3, side, side},
                [](uint64_t i) { return 2 * evax::test::formula_value(65536, i); });
}

TEST(SegmentationGolden, EvaXSWithUPerNetEqualsTheOfficialCodes) {
  const json official = read_json("formula_seg.json").at("eva_x_s_upernet");
  const auto model = formula_model("eva_x_small", 512, official);
  model->eval();
  const at::NoGradGuard no_grad;
  const auto maps = std::static_pointer_cast<UperNet>(model)->pyramid(formula_images(512));
  for (size_t level = 0; level < maps.size(); ++level) {
    const json& expected = official.at("backbone_outputs").at(level);
    const double sum = expected.at("abs_sum");
    EXPECT_EQ(maps[level].sizes().vec(), expected.at("shape").get<Shape>());
    EXPECT_NEAR(maps[level].to(at::kDouble).abs().sum().item<double>(), sum, 1e-5 * sum);
  }
  const at::Tensor logits =
      model->logits(std::static_pointer_cast<UperNet>(model)->head().forward(maps));
  EXPECT_LE(largest_difference(logits, read_tensor(network_fixture("eva_x_s_upernet_logits.npy"))),
            full_tolerance);
}

TEST(SegmentationGolden, ResNet50WithUNetEqualsTheOfficialCodes) {
  const auto model = formula_model("resnet50", 64, read_json("formula_seg.json").at("r50_unet"));
  model->eval();
  const at::NoGradGuard no_grad;
  EXPECT_LE(largest_difference(model->forward(formula_images(64)),
                               read_tensor(network_fixture("r50_unet_logits.npy"))),
            unet_tolerance);
}

// In float64: random weights enlarge the rounding of float32 to percents.
TEST(SegmentationGolden, GradientsOfUNetEqualTheOfficialCodes) {
  const json official = read_json("formula_seg.json").at("r50_unet");
  const json& train = official.at("train_128");
  const auto model = formula_model("resnet50", 64, official);
  model->to(at::kDouble);
  at::Tensor labels = at::zeros({1, 128, 128}, at::kDouble);
  labels.slice(1, 32, 96).slice(2, 32, 96).fill_(1);
  labels.slice(1, 0, 1).fill_(255);
  const at::Tensor loss = pixel_loss(model->forward(formula_images(128).to(at::kDouble)), labels);
  EXPECT_NEAR(loss.item<double>(), train.at("loss_fp64").get<double>(), 1e-9);
  const auto gradients = testing::gradients_of(*model, loss);
  EXPECT_EQ(gradients.size(), train.at("grads_fp64").size());
  for (const auto& [name, summary] : train.at("grads_fp64").items()) {
    const at::Tensor flat = gradients.at(own_name(name)).flatten();
    const auto expected = summary.get<std::vector<double>>();
    const double largest = expected[1];
    EXPECT_NEAR(flat.abs().sum().item<double>(), expected[0], 1e-7 * expected[0]) << name;
    EXPECT_NEAR(flat.abs().max().item<double>(), largest, 1e-7 * largest) << name;
    for (const int64_t i : {0, 1}) {
      if (i < flat.numel()) {
        EXPECT_NEAR(flat[i].item<double>(), expected[static_cast<size_t>(2 + i)], 1e-7 * largest)
            << name;
      }
    }
  }
}

}  // namespace
}  // namespace evax::nn
