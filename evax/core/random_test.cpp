#include "evax/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace evax {
namespace {

// Known answers of the authors' Random123 distribution (kat_vectors, philox4x32 10).
TEST(RandomTest, PhiloxKnownAnswers) {
  using Four = std::array<uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomTest, StreamsDependOnEveryPartOfTheirKey) {
  const auto first = [](uint64_t seed, uint32_t epoch, uint32_t sample, Draw draw) {
    return Random(seed, epoch, sample, draw).bits();
  };
  const uint32_t base = first(1, 2, 3, Draw::crop);
  EXPECT_EQ(base, first(1, 2, 3, Draw::crop));
  EXPECT_NE(base, first(1 | uint64_t{1} << 40, 2, 3, Draw::crop));
  EXPECT_NE(base, first(1, 3, 3, Draw::crop));
  EXPECT_NE(base, first(1, 2, 4, Draw::crop));
  EXPECT_NE(base, first(1, 2, 3, Draw::flip));
}

TEST(RandomTest, IntegersCoverTheirRangeEvenly) {
  Random random(7, 0, 0, Draw::order);
  std::vector<int> counts(5);
  for (int i = 0; i < 50000; ++i) ++counts.at(random.integer(-2, 2) + 2);
  for (const int count : counts) EXPECT_NEAR(count, 10000, 450);  // 5 sigma
}

TEST(RandomTest, Moments) {
  Random random(7, 0, 0, Draw::mix);
  const int n = 100000;
  double normal = 0, square = 0, gamma = 0, beta = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal(6, 0.5);
    normal += x / n;
    square += (x - 6) * (x - 6) / n;
    gamma += random.gamma(0.8) / n;
    beta += random.beta(2, 6) / n;
  }
  EXPECT_NEAR(normal, 6, 0.01);
  EXPECT_NEAR(square, 0.25, 0.006);
  EXPECT_NEAR(gamma, 0.8, 0.015);
  EXPECT_NEAR(beta, 0.25, 0.003);
}

TEST(RandomTest, ShuffleIsAPermutation) {
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  const auto sorted = values;
  Random random(0, 0, 0, Draw::order);
  shuffle(values.begin(), values.end(), random);
  EXPECT_NE(values, sorted);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, sorted);
}

}  // namespace
}  // namespace evax
