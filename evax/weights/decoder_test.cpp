#include "evax/weights/decoder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "evax/weights/cnn.h"
#include "evax/weights/convert/mmseg.h"
#include "evax/weights/convert/names.h"
#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

using testing::expect_error;

ModelConfig segmenter(const char* variant, int image_size = 512) {
  ModelConfig config = published_config(variant).value();
  config.image_size = image_size;
  config.num_classes = 1;
  config.decoder = default_decoder(config);
  return config;
}

int64_t learned(const ModelConfig& config, const std::string& prefix) {
  int64_t count = 0;
  for (const auto& [name, shape] : parameters_of(config))
    if (name.starts_with(prefix) && !is_running_statistic(name)) count += element_count(shape);
  return count;
}

// Spec D.4, D.5.
TEST(Decoder, CountsAreTheOfficialOnes) {
  const ModelConfig eva_x = segmenter("eva_x_small");
  EXPECT_EQ(parameter_count(eva_x), 31'823'105);
  EXPECT_EQ(learned(eva_x, "fpn1"), 1'181'184);
  EXPECT_EQ(learned(eva_x, "fpn2"), 590'208);
  EXPECT_EQ(learned(eva_x, "decode_head"), 8'067'329);
  const ModelConfig unet = segmenter("resnet50");
  EXPECT_EQ(parameter_count(unet), 32'530'369);
  EXPECT_EQ(learned(unet, "decoder."), 9'012'928);
  EXPECT_EQ(learned(unet, "decode_head"), 9'409);
}

// All keys of the official models but their rotary tables.
TEST(Decoder, NamesAreTheOfficialOnes) {
  std::ifstream file(testing::fixture("seg/network/formula_seg.json"));
  const auto expected = nlohmann::json::parse(file);
  for (const auto& [variant, key] :
       {std::pair{"eva_x_small", "eva_x_s_upernet"}, std::pair{"resnet50", "r50_unet"}}) {
    const ModelConfig config = segmenter(variant);
    std::set<std::string> names;
    for (const auto& parameter : parameters_of(config))
      names.insert(mmseg_name(config, official_name(parameter.first, config.qkv_split)));
    EXPECT_EQ(names, expected.at(key).at("sorted_keys").get<std::set<std::string>>()) << variant;
  }
}

TEST(Decoder, ShapesFollowChannelsAndClasses) {
  ModelConfig config = segmenter("eva_x_tiny", 224);
  config.num_classes = 3;
  config.decoder->channels = 32;
  config.decoder->pool_scales = {1, 2};
  std::map<std::string, Shape> shapes;
  for (const auto& [name, shape] : parameters_of(config)) shapes[name] = shape;
  EXPECT_EQ(shapes["decode_head.conv_seg.weight"], (Shape{3, 32, 1, 1}));
  EXPECT_EQ(shapes["decode_head.bottleneck.conv.weight"], (Shape{32, 192 + 2 * 32, 3, 3}));
  EXPECT_FALSE(shapes.contains("decode_head.psp_modules.2.1.conv.weight"));
  EXPECT_FALSE(shapes.contains("fc_norm.weight"));
  EXPECT_FALSE(shapes.contains("head.weight"));
  config = segmenter("resnet50");
  config.decoder->channels = 16;
  for (const auto& [name, shape] : parameters_of(config)) shapes[name] = shape;
  EXPECT_EQ(shapes["decoder.blocks.0.conv1.0.weight"], (Shape{64, 2048 + 1024, 3, 3}));
  EXPECT_EQ(shapes["decoder.blocks.4.conv1.0.weight"], (Shape{4, 8, 3, 3}));
  EXPECT_EQ(shapes["decode_head.convs.0.conv.weight"], (Shape{16, 4, 3, 3}));
}

TEST(Decoder, WhatMakesNoneIsRefused) {
  const auto refusal = [](ModelConfig config, const std::string& part) {
    expect_error([&] { check_config(config, "f"); }, part);
  };
  ModelConfig config = segmenter("eva_x_tiny");
  EXPECT_NO_THROW(check_config(config, "f"));
  config.decoder->kind = "unet";
  refusal(config, "f: expected the decoder 'upernet' for eva_x, found 'unet'");
  config = segmenter("eva_x_tiny");
  config.decoder->channels = 0;
  refusal(config, "between 1 and 4096, found 0");
  config = segmenter("eva_x_tiny");
  config.decoder->pool_scales = {1, 65};
  refusal(config, "pool_scales between 1 and 64, found 65");
  config.decoder->pool_scales.clear();
  refusal(config, "1 to 8 pool_scales, found 0");
  config = segmenter("vit_tiny");
  config.num_classes = 0;
  refusal(config, "at least one class");
  refusal(segmenter("eva_x_tiny", 16), "2 x 2 patches for a feature pyramid, found 1 x 1");
  refusal(segmenter("resnet50", 500), "a multiple of 32 for a U-Net, found 500");
  config = segmenter("resnet50");
  config.decoder->channels = 18;
  refusal(config, "a multiple of 4, found 18");
  refusal(segmenter("densenet121"), "expected an encoder of segmentation, found arch");
}

}  // namespace
}  // namespace evax::weights
