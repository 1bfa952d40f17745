#include "evax/weights/cost.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

ModelConfig config_of(const std::string& variant, int image_size, int classes) {
  ModelConfig config = published_config(variant).value();
  config.image_size = image_size;
  config.num_classes = classes;
  return config;
}

// Spec A.1.
TEST(Cost, IsThePapers) {
  EXPECT_NEAR(macs_per_image(config_of("eva_x_tiny", 224, 14)), 1.253e9, 1e6);
  EXPECT_NEAR(macs_per_image(config_of("eva_x_small", 224, 14)), 4.598e9, 1e6);
  EXPECT_NEAR(macs_per_image(config_of("eva_x_base", 224, 14)), 17.563e9, 1e6);
}

// As torchvision publishes them beside its weights.
TEST(Cost, IsTorchvisions) {
  EXPECT_NEAR(macs_per_image(config_of("resnet50", 224, 1000)), 4.089e9, 1e6);
  EXPECT_NEAR(macs_per_image(config_of("densenet121", 224, 1000)), 2.834e9, 1e6);
}

// timm's networks under PyTorch's counter (tools/oracles/cost.py).
TEST(Cost, OfEveryStageIsPyTorchsCount) {
  std::ifstream file(testing::fixture("weights/cost.json"));
  const auto cases = nlohmann::json::parse(file);
  ASSERT_EQ(cases.size(), 10U);
  for (const auto& item : cases) {
    const ModelConfig config = config_of(item["variant"], item["image_size"], item["classes"]);
    const std::string name = fmt::format("{} {}", config.variant, config.image_size);
    EXPECT_EQ(macs_per_image(config), item["macs"].get<double>()) << name;
    EXPECT_EQ(parameter_count(config), item["parameters"]) << name;
    const auto stages = cost_by_stage(config);
    EXPECT_EQ(stages.size(), item["stages"].size()) << name;
    for (const StageCost& stage : stages) {
      ASSERT_TRUE(item["stages"].contains(stage.name)) << name << " " << stage.name;
      EXPECT_EQ(stage.parameters, item["stages"][stage.name][0]) << name << " " << stage.name;
      EXPECT_EQ(stage.macs, item["stages"][stage.name][1].get<double>())
          << name << " " << stage.name;
    }
  }
}

// PyTorch's counter over decoders alone (tools/oracles/decoders.py).
TEST(Cost, OfDecodersIsPyTorchsCount) {
  std::ifstream file(testing::fixture("weights/cost_decoders.json"));
  const auto cases = nlohmann::json::parse(file);
  ASSERT_EQ(cases.size(), 4U);
  for (const auto& item : cases) {
    ModelConfig config = config_of(item["variant"], item["image_size"], item["classes"]);
    config.decoder = default_decoder(config);
    config.decoder->channels = item["channels"];
    config.decoder->pool_scales = item["pool_scales"].get<std::vector<int>>();
    size_t found = 0;
    for (const StageCost& stage : cost_by_stage(config)) {
      if (!item["stages"].contains(stage.name)) continue;
      ++found;
      EXPECT_EQ(stage.parameters, item["stages"][stage.name][0]) << item.dump();
      EXPECT_EQ(stage.macs, item["stages"][stage.name][1].get<double>()) << item.dump();
    }
    EXPECT_EQ(found, 2U);
  }
}

TEST(Cost, StagesStandInThePassingOrder) {
  std::vector<std::string> names;
  for (const StageCost& stage : cost_by_stage(config_of("eva_x_tiny", 224, 14)))
    names.push_back(stage.name);
  EXPECT_EQ(names, (std::vector<std::string>{"patch_embed", "attention", "mlp", "head"}));
}

}  // namespace
}  // namespace evax::weights
