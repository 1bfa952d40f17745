#include "evax/data/augment/erase.h"

#include <algorithm>
#include <set>

#include "evax/core/error.h"
#include "evax/data/augment/test_support.h"

namespace evax::data {
namespace {

constexpr int size = 48;
constexpr size_t plane = size * size;

// The values that are no longer 9, per channel.
std::vector<std::vector<float>> erased(double probability, Fill fill, uint32_t sample) {
  std::vector<float> image(3 * plane, 9);
  Random random(3, 0, sample, Draw::erase);
  erase(image.data(), size, probability, fill, random);
  std::vector<std::vector<float>> values(3);
  for (size_t i = 0; i < image.size(); ++i)
    if (image[i] != 9) values[i / plane].push_back(image[i]);
  return values;
}

TEST(EraseTest, FillsAsTheModeSays) {
  for (uint32_t sample = 0; sample < 50; ++sample) {
    const auto constant = erased(1, Fill::constant, sample);
    const auto random = erased(1, Fill::random, sample);
    const auto pixel = erased(1, Fill::pixel, sample);
    for (size_t channel = 0; channel < 3; ++channel) {
      EXPECT_EQ(std::count(constant[channel].begin(), constant[channel].end(), 0.0F),
                static_cast<int64_t>(constant[channel].size()));
      EXPECT_EQ(std::set<float>(random[channel].begin(), random[channel].end()).size(), 1U);
      EXPECT_EQ(std::set<float>(pixel[channel].begin(), pixel[channel].end()).size(),
                pixel[channel].size());
      EXPECT_EQ(pixel[channel].size(), constant[channel].size());  // the same box
    }
    EXPECT_NE(random[0].front(), random[1].front());
  }
}

TEST(EraseTest, PixelsAreNormal) {
  double count = 0, sum = 0, squares = 0;
  for (uint32_t sample = 0; sample < 100; ++sample)
    for (const auto& channel : erased(1, Fill::pixel, sample))
      for (const float value : channel) {
        ++count;
        sum += value;
        squares += static_cast<double>(value) * value;
      }
  testing::expect_mean(sum, count, 0, 1);
  testing::expect_mean(squares, count, 1, std::sqrt(2.0));
}

TEST(EraseTest, HappensWithItsProbability) {
  double happened = 0;
  for (uint32_t sample = 0; sample < 4000; ++sample)
    happened += !erased(0.25, Fill::constant, sample)[0].empty();
  testing::expect_frequency(happened, 4000, 0.25);
}

// A box of area s and ratio r fits when |log r| < -log s, and log r is at most log(1 / 0.3): every
// box of area below 0.3 fits, so that among those areas are uniform and log ratios too.
TEST(EraseTest, BoxesFollowTheirDistributions) {
  constexpr int large = 2000;
  constexpr double limit = 1.2039728;  // log(1 / 0.3)
  double small = 0, tiny = 0, tall = 0, very_tall = 0;
  for (uint32_t sample = 0; sample < 20000; ++sample) {
    Random random(4, 0, sample, Draw::erase);
    const auto box = draw_erased_box(large, large, random);
    ASSERT_TRUE(box);
    ASSERT_TRUE(box->x >= 0 && box->y >= 0 && box->x + box->width <= large &&
                box->y + box->height <= large);
    const double area = static_cast<double>(box->width) * box->height / large / large;
    const double ratio = std::log(static_cast<double>(box->height) / box->width);
    EXPECT_GT(area, 0.0199);  // sides are whole pixels
    EXPECT_LT(area, 0.3338);
    EXPECT_LT(std::abs(ratio), limit + 0.005);
    if (area >= 0.3) continue;
    ++small;
    tiny += area < 0.16;
    tall += ratio > 0;
    very_tall += ratio > limit / 2;
  }
  testing::expect_frequency(tiny, small, 0.5);
  testing::expect_frequency(tall, small, 0.5);
  testing::expect_frequency(very_tall, small, 0.25);
}

TEST(EraseTest, KnowsTimmsWordsOnly) {
  EXPECT_EQ(fill_from_name("rand"), Fill::random);
  EXPECT_THROW(fill_from_name("noise"), Error);
}

}  // namespace
}  // namespace evax::data
