#include "evax/data/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace evax::data {
namespace {

using Indices = std::vector<uint32_t>;

// The first eight, and the sum of index * place, of what numpy and Python give
// (tools/oracles/sampling.py).
struct Expected {
  Indices first;
  uint64_t sum;
};

void expect(const Indices& order, const Expected& expected) {
  EXPECT_EQ(Indices(order.begin(), order.begin() + 8), expected.first);
  uint64_t sum = 0;
  for (size_t i = 0; i < order.size(); ++i) sum += order[i] * i;
  EXPECT_EQ(sum, expected.sum);
}

TEST(Sampling, ShufflesAsNumpyDoes) {
  expect(numpy_shuffle(20, 123), {{14, 5, 4, 17, 8, 7, 19, 12}, 1727});
  expect(numpy_shuffle(191027, 123),
         {{91850, 35881, 101714, 48159, 154097, 78483, 186843, 131722}, 1743332316035300});
  expect(numpy_shuffle(1024, 0), {{927, 27, 77, 609, 320, 1, 230, 772}, 265958689});
}

TEST(Sampling, SamplesAsPythonDoes) {
  expect(python_sample(75312, 753, 0),
         {{50494, 55125, 5306, 33936, 67013, 63691, 53075, 39755}, 10457340063});
  expect(python_sample(75312, 7531, 0),
         {{50494, 55125, 5306, 33936, 67013, 63691, 53075, 39755}, 1058794256938});
  expect(python_sample(30130, 301, 14),
         {{3500, 20181, 23022, 24746, 21366, 17272, 8091, 8883}, 644739750});
  expect(python_sample(40, 30, 7), {{20, 9, 25, 3, 4, 34, 6, 23}, 9600});
}

TEST(Sampling, ModuloRepeatsTheFraction) {
  EXPECT_EQ(sample_of_draw(Sampling::modulo, 3, 7, 0, 0), 1U);
  EXPECT_EQ(sample_of_draw(Sampling::all, 9, 7, 0, 0), 7U);
}

// Spec H 6: randint(0, 9) * (N // 20) + i reaches the first half only, and all of it in the end.
TEST(Sampling, ChexpertDrawsFromTheFirstHalf) {
  constexpr size_t size = 207;
  ASSERT_EQ(chexpert_epoch_length(size), 10U);
  std::set<uint32_t> drawn;
  for (uint32_t epoch = 0; epoch < 200; ++epoch)
    for (uint32_t draw = 0; draw < 10; ++draw) {
      const uint32_t sample = sample_of_draw(Sampling::chexpert_half, size, draw, 0, epoch);
      EXPECT_EQ(sample % 10, draw);
      drawn.insert(sample);
    }
  EXPECT_EQ(drawn.size(), 100U);
  EXPECT_EQ(*drawn.rbegin(), 99U);
}

TEST(Sampling, DrawsDependOnTheKeyAlone) {
  const auto draw = [](uint64_t seed, uint32_t epoch) {
    Indices samples;
    for (uint32_t i = 0; i < 50; ++i)
      samples.push_back(sample_of_draw(Sampling::chexpert_half, 1000, i, seed, epoch));
    return samples;
  };
  EXPECT_EQ(draw(1, 2), draw(1, 2));
  EXPECT_NE(draw(1, 2), draw(1, 3));
  EXPECT_NE(draw(1, 2), draw(2, 2));
}

}  // namespace
}  // namespace evax::data
