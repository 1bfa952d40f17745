#include "evax/data/warnings.h"

#include <gtest/gtest.h>

namespace evax::data {
namespace {

std::vector<std::string> warnings_for(int width, int height, const std::vector<float>& input) {
  return warnings_of({}, width, height, brightness_of(input), {});
}

const std::vector<float> ordinary{-1, 1, -0.5F, 0.5F, 0.8F, -0.8F};

image::Radiograph grey(int side, uint8_t even, uint8_t odd) {
  image::Radiograph xray;
  xray.image = {side, side, 1, std::vector<uint8_t>(static_cast<size_t>(side) * side)};
  for (size_t i = 0; i < xray.image.pixels.size(); ++i)
    xray.image.pixels[i] = i / static_cast<size_t>(side) % 2 == 0 ? even : odd;
  return xray;
}

TEST(Warnings, OrdinaryImageHasNone) { EXPECT_TRUE(warnings_for(512, 512, ordinary).empty()); }

TEST(Warnings, LowResolutionNamesBothSizes) {
  const auto warnings = warnings_for(64, 512, ordinary);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("64 x 512"), std::string::npos);
  EXPECT_NE(warnings[0].find("224 x 224"), std::string::npos);
}

TEST(Warnings, BlankAndBinaryPicturesAreUnusual) {
  // Black, white, and half black half white with the official mean and standard deviation.
  const float black = -1.72523F;
  const float white = 1.78239F;
  EXPECT_EQ(warnings_for(512, 512, {black, black, black}).size(), 1U);
  EXPECT_EQ(warnings_for(512, 512, {white, white}).size(), 1U);
  EXPECT_EQ(warnings_for(512, 512, {0, 0, 0.01F, 0}).size(), 1U);
  EXPECT_EQ(warnings_for(512, 512, {black, white, black, white}).size(), 1U);
}

// (value / 255 - 0.49185243) / 0.28509309 of 0, 255, and half of each.
TEST(Warnings, APictureIsJudgedAsItsInputWouldBe) {
  const auto seen = [](const image::Radiograph& xray) { return brightness_of(xray.image, {}); };
  EXPECT_NEAR(seen(grey(300, 0, 0)).mean, -1.72523, 1e-4);
  EXPECT_NEAR(seen(grey(300, 255, 255)).mean, 1.78239, 1e-4);
  EXPECT_NEAR(seen(grey(1000, 0, 255)).mean, 0.02858, 0.01);
  EXPECT_NEAR(seen(grey(1000, 0, 255)).spread, 1.75381, 1e-3);
}

TEST(Warnings, WhatTheReaderSaidComesFirst) {
  image::Info info;
  info.warnings = {"lateral view"};
  EXPECT_EQ(warnings_of(info, 64, 64, brightness_of(ordinary), {}).at(0), "lateral view");
}

TEST(Warnings, ATallyCountsFilesByKindAndNamesTheFirst) {
  testing::internal::CaptureStderr();
  {
    WarningTally tally("list.csv");
    weights::Preprocess preprocess;
    preprocess.crop = 448;
    tally.expect(preprocess);
    for (int epoch = 0; epoch < 2; ++epoch) {
      tally.add("c.png", grey(500, 100, 160));
      tally.add("b.png", grey(300, 100, 160));
      tally.add("a.png", grey(200, 0, 0));
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "warning: list.csv: 2 images: low resolution: 200 x 200 pixels, the model works at 448 "
            "x 448 (the first: a.png)\n"
            "warning: list.csv: a.png: unusual brightness or contrast for a chest X-ray: mean "
            "-1.7, spread 0.0 (the model's training data: 0 and 1)\n");
}

}  // namespace
}  // namespace evax::data
