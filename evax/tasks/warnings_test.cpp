#include "evax/tasks/warnings.h"

#include <gtest/gtest.h>

namespace evax::tasks {
namespace {

Item item_of(int width, int height, const std::vector<float>& values) {
  Item item;
  item.width = width;
  item.height = height;
  item.input = Tensor::from_floats({static_cast<int64_t>(values.size())}, values);
  return item;
}

const std::vector<float> ordinary{-1, 1, -0.5F, 0.5F, 0.8F, -0.8F};

TEST(Warnings, OrdinaryImageHasNone) {
  EXPECT_TRUE(warnings_of(item_of(512, 512, ordinary), {}).empty());
}

TEST(Warnings, LowResolutionNamesBothSizes) {
  const auto warnings = warnings_of(item_of(64, 512, ordinary), {});
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("64 x 512"), std::string::npos);
  EXPECT_NE(warnings[0].find("224 x 224"), std::string::npos);
}

TEST(Warnings, BlankAndBinaryPicturesAreUnusual) {
  // Black, white, and half black half white with the official mean and standard deviation.
  const float black = -1.72523F;
  const float white = 1.78239F;
  EXPECT_EQ(warnings_of(item_of(512, 512, {black, black, black}), {}).size(), 1U);
  EXPECT_EQ(warnings_of(item_of(512, 512, {white, white}), {}).size(), 1U);
  EXPECT_EQ(warnings_of(item_of(512, 512, {0, 0, 0.01F, 0}), {}).size(), 1U);
  EXPECT_EQ(warnings_of(item_of(512, 512, {black, white, black, white}), {}).size(), 1U);
}

TEST(Warnings, WhatTheReaderSaidComesFirst) {
  Item item = item_of(64, 64, ordinary);
  item.info.warnings = {"lateral view"};
  EXPECT_EQ(warnings_of(item, {}).at(0), "lateral view");
}

}  // namespace
}  // namespace evax::tasks
