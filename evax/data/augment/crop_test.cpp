#include "evax/data/augment/crop.h"

#include "evax/data/augment/replay.h"
#include "evax/data/augment/test_support.h"

namespace evax::data {
namespace {

constexpr CropRange imagenet{0.08, 1.0, 3.0 / 4, 4.0 / 3};

TEST(CropTest, ResizedCropEqualsPillowsBitForBit) {
  const Tensor expected = testing::fixture("crops");
  const auto rows = testing::table("crops");
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto value = [&](const char* column) { return image::testing::number(rows[i], column); };
    const image::Image picture =
        testing::picture_of(testing::fixture(rows[i].at("picture") + "_in"));
    const Box box{value("left"), value("top"), value("width"), value("height")};
    image::Image ours = resized_crop(picture, box, 24);
    if (ours.channels == 1) ours = testing::equal_channels(ours);
    EXPECT_EQ(ours.pixels, testing::picture_of(expected, i).pixels) << rows[i].at("picture");
  }
}

// On a square picture a box of area s and ratio r fits when |log r| <= -log s, so the areas that
// are accepted have density 1 up to 3/4 and -log s / log(4/3) above, before normalisation.
TEST(CropTest, AreasAndRatiosFollowTheirDistributions) {
  constexpr int size = 2000;
  constexpr double trials = 30000;
  const double limit = std::log(4.0 / 3);
  const double lower = 0.75 - 0.08;
  const double upper = (0.25 + 0.75 * std::log(0.75)) / limit;  // integral from 3/4 to 1
  double below_half = 0, below_three_quarters = 0, wide = 0, small = 0, very_wide = 0, left = 0;
  for (uint32_t sample = 0; sample < trials; ++sample) {
    Random random(1, 0, sample, Draw::crop);
    const Box box = draw_crop(size, size, imagenet, random);
    ASSERT_TRUE(box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 &&
                box.x + box.width <= size && box.y + box.height <= size);
    const double area = static_cast<double>(box.width) * box.height / size / size;
    const double ratio = std::log(static_cast<double>(box.width) / box.height);
    EXPECT_GT(area, 0.0795);
    EXPECT_LT(std::abs(ratio), limit + 0.002);  // sides are whole pixels
    below_half += area < 0.5;
    below_three_quarters += area < 0.75;
    wide += ratio > 0;
    if (area < 0.74) {
      ++small;
      very_wide += ratio > limit / 2;
    }
    left += box.width < size ? static_cast<double>(box.x) / (size - box.width) : 0.5;
  }
  testing::expect_frequency(below_half, trials, (0.5 - 0.08) / (lower + upper));
  testing::expect_frequency(below_three_quarters, trials, lower / (lower + upper));
  testing::expect_frequency(wide, trials, 0.5);
  testing::expect_frequency(very_wide, small, 0.25);
  testing::expect_mean(left, trials, 0.5, std::sqrt(1.0 / 12));
}

TEST(CropTest, BoxesAreTheOriginalsForItsRecordedDraws) {
  const auto fixture = testing::sampling_fixture()["crops"];
  for (const auto& expected : fixture["boxes"]) {
    testing::Replay draws(expected["calls"]);
    const Box box =
        draw_crop(expected["width"], expected["height"], {0.2, 1, 3.0 / 4, 4.0 / 3}, draws);
    EXPECT_TRUE(draws.finished());
    EXPECT_EQ(box.x, expected["left"].get<int>());
    EXPECT_EQ(box.y, expected["top"].get<int>());
    EXPECT_EQ(box.width, expected["w"].get<int>());
    EXPECT_EQ(box.height, expected["h"].get<int>());
  }
}

TEST(CropTest, StripsGetTheLargestCentralBoxOfAnAllowedRatio) {
  constexpr CropRange whole{1, 1, 3.0 / 4, 4.0 / 3};
  Random random(1, 0, 0, Draw::crop);
  const Box wide = draw_crop(1000, 90, whole, random);
  EXPECT_EQ(wide.width, 120);
  EXPECT_EQ(wide.height, 90);
  EXPECT_EQ(wide.x, 440);
  EXPECT_EQ(wide.y, 0);
  const Box tall = draw_crop(90, 1000, whole, random);
  EXPECT_EQ(tall.width, 90);
  EXPECT_EQ(tall.height, 120);
  EXPECT_EQ(tall.y, 440);
}

TEST(CropTest, OnePixelIsEnough) {
  for (uint32_t sample = 0; sample < 100; ++sample) {
    Random random(1, 0, sample, Draw::crop);
    const Box box = draw_crop(1, 1, imagenet, random);
    EXPECT_EQ(box.width, 1);
    EXPECT_EQ(box.height, 1);
  }
}

TEST(CropTest, FlipMirrorsPixelsNotChannels) {
  image::Image grey{3, 2, 1, {1, 2, 3, 4, 5, 6}};
  flip_horizontally(grey);
  EXPECT_EQ(grey.pixels, (std::vector<uint8_t>{3, 2, 1, 6, 5, 4}));
  image::Image rgb{2, 1, 3, {1, 2, 3, 4, 5, 6}};
  flip_horizontally(rgb);
  EXPECT_EQ(rgb.pixels, (std::vector<uint8_t>{4, 5, 6, 1, 2, 3}));
}

}  // namespace
}  // namespace evax::data
