#include "evax/image/dicom/display.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace evax::image::dicom {
namespace {

Rendering rendering_of(int bits_stored) {
  Rendering rendering;
  rendering.bits_stored = bits_stored;
  return rendering;
}

std::vector<bool> all_present() { return std::vector<bool>(sample_values, true); }

// The worked examples of PS3.3 C.11.2.1.2.1.
TEST(Window, LinearFollowsTheExamplesOfTheStandard) {
  const Window wide{2048, 4096, VoiFunction::linear};
  EXPECT_EQ(wide.at(0), 0);
  EXPECT_DOUBLE_EQ(wide.at(1), (1 - 2047.5) / 4095 + 0.5);
  EXPECT_DOUBLE_EQ(wide.at(2047.5), 0.5);
  EXPECT_DOUBLE_EQ(wide.at(4095), 1);
  EXPECT_EQ(wide.at(4096), 1);
  const Window threshold{2048, 1, VoiFunction::linear};
  EXPECT_EQ(threshold.at(2047.5), 0);
  EXPECT_EQ(threshold.at(2047.6), 1);
  const Window around_zero{0, 100, VoiFunction::linear};
  EXPECT_EQ(around_zero.at(-50), 0);
  EXPECT_DOUBLE_EQ(around_zero.at(-0.5), 0.5);
  EXPECT_DOUBLE_EQ(around_zero.at(10), 10.5 / 99 + 0.5);
  EXPECT_DOUBLE_EQ(around_zero.at(49), 1);
  EXPECT_EQ(around_zero.at(50), 1);
}

// The worked examples of PS3.3 C.11.2.1.3.2.
TEST(Window, LinearExactFollowsTheExamplesOfTheStandard) {
  const Window wide{2048, 4096, VoiFunction::linear_exact};
  EXPECT_EQ(wide.at(0), 0);
  EXPECT_DOUBLE_EQ(wide.at(1024), 0.25);
  EXPECT_DOUBLE_EQ(wide.at(4096), 1);
  const Window narrow{127, 1, VoiFunction::linear_exact};
  EXPECT_EQ(narrow.at(126.5), 0);
  EXPECT_DOUBLE_EQ(narrow.at(127), 0.5);
  EXPECT_EQ(narrow.at(128), 1);
  const Window around_zero{0, 100, VoiFunction::linear_exact};
  EXPECT_EQ(around_zero.at(-50), 0);
  EXPECT_DOUBLE_EQ(around_zero.at(25), 0.75);
  EXPECT_EQ(around_zero.at(51), 1);
}

TEST(Window, SigmoidIsTheLogisticOfFourWidths) {
  const Window window{100, 40, VoiFunction::sigmoid};
  EXPECT_DOUBLE_EQ(window.at(100), 0.5);
  EXPECT_NEAR(window.at(110), 0.7310585786300049, 1e-15);  // 1 / (1 + 1/e)
  EXPECT_NEAR(window.at(80), 0.11920292202211755, 1e-15);  // 1 / (1 + e^2)
}

TEST(Window, WidthLimitsDependOnTheFunction) {
  EXPECT_FALSE((Window{1, 0, VoiFunction::linear}).is_valid());
  EXPECT_FALSE((Window{1, 0.5, VoiFunction::linear}).is_valid());
  EXPECT_TRUE((Window{1, 1, VoiFunction::linear}).is_valid());
  EXPECT_TRUE((Window{1, 0.5, VoiFunction::linear_exact}).is_valid());
  EXPECT_FALSE((Window{1, 0, VoiFunction::sigmoid}).is_valid());
  EXPECT_FALSE((Window{1, -5, VoiFunction::sigmoid}).is_valid());
  EXPECT_FALSE((Window{std::nan(""), 5, VoiFunction::linear}).is_valid());
  EXPECT_FALSE((Window{1, INFINITY, VoiFunction::linear}).is_valid());
}

TEST(LookupTable, ClampsAtBothEnds) {
  const LookupTable lut{-2, 16, {10, 20, 65535}};
  EXPECT_EQ(lut.at(-100), 10);
  EXPECT_EQ(lut.at(-2), 10);
  EXPECT_EQ(lut.at(-1), 20);
  EXPECT_EQ(lut.at(0), 65535);
  EXPECT_EQ(lut.at(99), 65535);
}

TEST(GreyTable, MinMaxWithoutWindow) {
  const Rendering rendering = rendering_of(8);
  std::vector<bool> present(sample_values);
  present[10] = present[60] = present[110] = true;
  const GreyTable table = make_grey_table(rendering, present);
  EXPECT_EQ(table.description, "min-max 10..110");
  EXPECT_EQ(table.levels[10], 0);
  EXPECT_EQ(table.levels[60], 128);  // 127.5 rounds up
  EXPECT_EQ(table.levels[61], 130);  // 130.05
  EXPECT_EQ(table.levels[110], 255);
  EXPECT_EQ(table.levels[5], 0);
  EXPECT_EQ(table.levels[255], 255);
}

TEST(GreyTable, AConstantPictureIsBlack) {
  std::vector<bool> present(sample_values);
  present[77] = true;
  EXPECT_EQ(make_grey_table(rendering_of(8), present).levels[77], 0);
}

TEST(GreyTable, Monochrome1IsInverted) {
  Rendering rendering = rendering_of(8);
  rendering.invert = true;
  rendering.window = Window{128, 256, VoiFunction::linear};
  const GreyTable table = make_grey_table(rendering, all_present());
  for (int value = 0; value < 256; ++value) EXPECT_EQ(table.levels[value], 255 - value);
  EXPECT_EQ(table.description, "LINEAR 128/256");
}

TEST(GreyTable, SignedValuesAndRescale) {
  Rendering rendering = rendering_of(12);
  rendering.is_signed = true;
  rendering.slope = 2;
  rendering.intercept = -10;
  std::vector<bool> present(sample_values);
  present[0xFFF] = true;  // -1 -> -12
  present[0x800] = true;  // -2048 -> -4106
  present[0x7FF] = true;  // 2047 -> 4084
  const GreyTable table = make_grey_table(rendering, present);
  EXPECT_EQ(table.description, "min-max -4106..4084");
  EXPECT_EQ(table.levels[0x800], 0);
  EXPECT_EQ(table.levels[0xFFF], 127);  // 4094 / 8190 * 255 = 127.47
  EXPECT_EQ(table.levels[0x7FF], 255);
}

TEST(GreyTable, PaddingIsBlackAndDoesNotCount) {
  Rendering rendering = rendering_of(8);
  rendering.padding = {200, 255};
  rendering.invert = true;
  const GreyTable table = make_grey_table(rendering, all_present());
  EXPECT_EQ(table.description, "min-max 0..199");
  EXPECT_EQ(table.levels[0], 255);
  EXPECT_EQ(table.levels[199], 0);
  EXPECT_EQ(table.levels[200], 0);
  EXPECT_EQ(table.levels[255], 0);
}

TEST(GreyTable, NothingButPaddingIsBlack) {
  Rendering rendering = rendering_of(8);
  rendering.padding = {0, 255};
  EXPECT_EQ(make_grey_table(rendering, all_present()).description, "min-max 0..0");
}

TEST(GreyTable, ModalityLutFeedsTheWindow) {
  Rendering rendering = rendering_of(8);
  rendering.modality_lut = LookupTable{1, 16, {1000, 2000, 3000}};
  rendering.window = Window{2000, 2000, VoiFunction::linear_exact};
  rendering.slope = 5;  // not used beside a LUT
  const GreyTable table = make_grey_table(rendering, all_present());
  EXPECT_EQ(table.levels[0], 0);    // 1000, below or at 1000
  EXPECT_EQ(table.levels[2], 128);  // 2000, the middle
  EXPECT_EQ(table.levels[3], 255);  // 3000
}

TEST(GreyTable, VoiLutScalesByItsBits) {
  Rendering rendering = rendering_of(8);
  rendering.voi_lut = LookupTable{100, 12, {0, 2048, 4095, 5000}};
  const GreyTable table = make_grey_table(rendering, all_present());
  EXPECT_EQ(table.levels[100], 0);
  EXPECT_EQ(table.levels[101], 128);  // 2048 / 4095 * 255 = 127.53
  EXPECT_EQ(table.levels[102], 255);
  EXPECT_EQ(table.levels[103], 255);  // an entry beyond its own bits
  EXPECT_EQ(table.description, "VOI LUT of 4 entries");
}

TEST(PresentValues, MarksWhatOccurs) {
  const auto present = present_values({3, 0, 3});
  ASSERT_EQ(present.size(), sample_values);
  EXPECT_EQ(std::count(present.begin(), present.end(), true), 2);
  EXPECT_TRUE(present[0] && present[3]);
}

}  // namespace
}  // namespace evax::image::dicom
