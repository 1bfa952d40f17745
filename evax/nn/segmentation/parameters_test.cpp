// What segmentation networks load, and how they begin.

#include <gtest/gtest.h>

#include <cmath>

#include "evax/nn/segmentation/testing.h"
#include "evax/weights/testing.h"

namespace evax::nn {
namespace {

using testing::largest_difference;
using testing::unet_config;
using testing::uper_config;
using weights::testing::expect_error;

weights::ModelFile model_file_of(const Network& network) {
  weights::ModelFile file;
  file.metadata.model = network.config();
  file.tensors = parameters_of(network);
  return file;
}

TEST(SegmentationNetworks, HaveTheTensorsOfTheirFiles) {
  weights::ModelConfig unet = unet_config();
  for (const weights::ModelConfig& config : {uper_config(), uper_config("vit"), unet}) {
    const auto model = make_network(config);
    std::map<std::string, Shape> found;
    for (const auto& item : model->named_parameters())
      found[item.key()] = item.value().sizes().vec();
    for (const auto& item : model->named_buffers())
      if (item.key() != "rotary_table") found[item.key()] = item.value().sizes().vec();
    std::map<std::string, Shape> expected;
    for (const auto& [name, shape] : weights::parameters_of(config)) expected[name] = shape;
    EXPECT_EQ(found, expected) << config.arch;
  }
}

TEST(SegmentationNetworks, SurviveALoad) {
  for (const char* arch : {"eva_x", "vit"}) {
    const auto first = make_network(uper_config(arch)), second = make_network(uper_config(arch));
    initialise(*first, 1);
    initialise(*second, 2);
    const at::Tensor images = testing::images_for(uper_config(), 2);
    first->forward(images);  // statistics
    weights::ModelFile file = model_file_of(*first);
    load(*second, file);
    first->eval();
    second->eval();
    EXPECT_EQ(largest_difference(first->forward(images), second->forward(images)), 0) << arch;
    file.tensors.erase("fpn1.1.running_var");
    expect_error([&] { load(*second, file); }, "the model has no tensor fpn1.1.running_var");
  }
}

// A classifier and a pre-trained encoder give their blocks and embeddings, nothing else.
TEST(SegmentationNetworks, TakeTheEncoderOfAnotherFile) {
  VisionTransformer classifier(testing::small_config());
  initialise(classifier, 1);
  weights::ModelFile file = model_file_of(classifier);
  file.tensors["mask_token"] = Tensor(DType::f32, {1, 1, 128});
  file.tensors["lm_head.weight"] = Tensor(DType::f32, {7, 128});
  file.tensors["lm_head.bias"] = Tensor(DType::f32, {7});
  const auto model = make_network(uper_config()), fresh = make_network(uper_config());
  initialise(*model, 2);
  initialise(*fresh, 2);
  load_encoder(*model, file);
  const auto source = classifier.named_parameters(), drawn = fresh->named_parameters();
  for (const auto& item : model->named_parameters()) {
    const bool decoder = weights::is_decoder_parameter(item.key());
    EXPECT_TRUE(at::equal(item.value(), decoder ? drawn[item.key()] : source[item.key()]))
        << item.key();
  }
  file.tensors.erase("blocks.1.norm1.bias");
  expect_error([&] { load_encoder(*model, file); }, "the model has no tensor blocks.1.norm1.bias");
  file.tensors["blocks.1.norm1.bias"] = Tensor(DType::f32, {128});
  file.tensors["blocks.2.norm1.bias"] = Tensor(DType::f32, {128});
  expect_error([&] { load_encoder(*model, file); }, "blocks.2.norm1.bias");
}

// The head of other classes is left alone, the rest of the decoder is not.
TEST(SegmentationNetworks, KeepTheirHeadForOtherClasses) {
  const auto source = make_network(uper_config());
  initialise(*source, 1);
  weights::ModelConfig config = uper_config();
  config.num_classes = 1;
  const auto model = make_network(config);
  initialise(*model, 2);
  const at::Tensor head = model->named_parameters()["decode_head.conv_seg.weight"].clone();
  load(*model, model_file_of(*source));
  EXPECT_TRUE(at::equal(model->named_parameters()["decode_head.conv_seg.weight"], head));
  EXPECT_TRUE(at::equal(model->named_parameters()["fpn2.0.weight"],
                        source->named_parameters()["fpn2.0.weight"]));
}

void expect_std(const Network& network, const std::string& name, double expected) {
  const at::Tensor values = network.named_parameters()[name];
  const double error = 4 / std::sqrt(2.0 * static_cast<double>(values.numel()));
  EXPECT_NEAR(values.std().item<double>(), expected, error * expected) << name;
}

double uniform_std(double fan_in) { return 1 / std::sqrt(3 * fan_in); }

// Spec D.4; PyTorch's default is uniform in +- 1 / sqrt(fan_in).
TEST(InitialiseSegmentation, FollowsTheOfficialCode) {
  const auto uper = make_network(uper_config());
  initialise(*uper, 1);
  expect_std(*uper, "blocks.1.attn.proj.weight", 0.02);  // not shrunk with depth (spec D.8.6)
  expect_std(*uper, "fpn1.0.weight", uniform_std(4 * 128));
  expect_std(*uper, "fpn2.0.bias", uniform_std(4 * 128));
  expect_std(*uper, "decode_head.conv_seg.weight", uniform_std(16));
  expect_std(*uper, "decode_head.bottleneck.conv.weight", std::sqrt(2.0 / (16 * 9)));
  expect_std(*uper, "decode_head.lateral_convs.1.conv.weight", std::sqrt(2.0 / 16));
  EXPECT_TRUE(uper->named_parameters()["fpn1.1.weight"].eq(1).all().item<bool>());
  EXPECT_TRUE(uper->named_parameters()["fpn1.1.bias"].eq(0).all().item<bool>());
  EXPECT_TRUE(
      uper->named_parameters()["decode_head.bottleneck.bn.weight"].eq(1).all().item<bool>());

  const auto unet = make_network(unet_config());
  initialise(*unet, 1);
  expect_std(*unet, "layer1.0.conv2.weight", std::sqrt(2.0 / (64 * 9)));
  expect_std(*unet, "decoder.blocks.0.conv1.0.weight", uniform_std(3072 * 9));
  expect_std(*unet, "decode_head.convs.0.conv.weight", std::sqrt(2.0 / (8 * 9)));
  EXPECT_TRUE(unet->named_parameters()["decoder.blocks.4.conv2.1.weight"].eq(1).all().item<bool>());
}

TEST(InitialiseSegmentation, TheHeadAloneIsTheSameHead) {
  const auto model = make_network(uper_config()), other = make_network(uper_config());
  initialise(*model, 1);
  initialise(*other, 2);
  initialise_head(*other, 1);
  const auto a = model->named_parameters(), b = other->named_parameters();
  EXPECT_TRUE(at::equal(a["decode_head.conv_seg.weight"], b["decode_head.conv_seg.weight"]));
  EXPECT_FALSE(
      at::equal(a["decode_head.bottleneck.conv.weight"], b["decode_head.bottleneck.conv.weight"]));
}

}  // namespace
}  // namespace evax::nn
