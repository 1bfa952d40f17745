#include "evax/weights/cnn.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/weights/testing.h"

namespace evax::weights {
namespace {

// timm's state dicts at 1000 classes, in order, as tools/oracles/baselines.py lists them.
void expect_timms(const std::vector<std::pair<std::string, Shape>>& list, const char* network) {
  std::ifstream file(testing::fixture("baselines/cnn_shapes.json"));
  const auto expected =
      nlohmann::json::parse(file).at(network).get<std::vector<std::pair<std::string, Shape>>>();
  EXPECT_EQ(list, expected);
}

int64_t learned(const std::vector<std::pair<std::string, Shape>>& list) {
  int64_t count = 0;
  for (const auto& [name, shape] : list)
    if (name.find(".running_") == std::string::npos) count += element_count(shape);
  return count;
}

// The counts are those that torchvision publishes beside its weights.
TEST(Cnn, ResNet50IsTorchvisions) {
  expect_timms(resnet_parameters(1000), "resnet50");
  EXPECT_EQ(learned(resnet_parameters(1000)), 25'557'032);
  EXPECT_EQ(learned(resnet_parameters(0)), 25'557'032 - 1000 * 2049);
}

TEST(Cnn, DenseNet121IsTorchvisions) {
  expect_timms(densenet_parameters(1000), "densenet121");
  EXPECT_EQ(learned(densenet_parameters(1000)), 7'978'856);
  EXPECT_EQ(learned(densenet_parameters(0)), 7'978'856 - 1000 * 1025);
}

}  // namespace
}  // namespace evax::weights
