#include "evax/image/heat/heat_map.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "evax/core/npy.h"

namespace evax::image {
namespace {

Tensor fixture(const std::string& name) {
  return read_npy(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/cam/heat_map/" + name + ".npy");
}

std::span<const float> plane(const Tensor& tensor, size_t index) {
  const auto size = static_cast<size_t>(tensor.size(1) * tensor.size(2));
  return tensor.floats().subspan(index * size, size);
}

// The largest difference between maps of `size` squared and the original's, of which every
// `step`-th row and column is there.
double largest_difference(const std::string& name, const std::string& maps_name, int size,
                          size_t step) {
  const Tensor raw = fixture(name), maps = fixture(maps_name);
  const int grid = static_cast<int>(raw.size(1));
  const auto side = static_cast<size_t>(maps.size(1));
  double largest = 0;
  for (size_t i = 0; i < static_cast<size_t>(maps.size(0)); ++i) {
    const auto map = heat_map(plane(raw, i), grid, size, size);
    const auto expected = plane(maps, i);
    for (size_t y = 0; y < side; ++y)
      for (size_t x = 0; x < side; ++x) {
        const float ours = map[y * step * static_cast<size_t>(size) + x * step];
        largest = std::max(largest, std::abs(double{ours} - expected[y * side + x]));
      }
  }
  return largest;
}

TEST(HeatMapTest, IsTheOriginalsForEveryScale) {
  EXPECT_LT(largest_difference("cases_raw", "cases_map", 56, 1), 2e-6);
}

TEST(HeatMapTest, IsTheOriginalsForNetworks) {
  EXPECT_LT(largest_difference("tiny_raw", "tiny_map", 64, 1), 2e-6);
  EXPECT_LT(largest_difference("formula_raw", "formula_map_every_8th", 224, 8), 2e-6);
}

TEST(HeatMapTest, IsExactlyZeroWhereNothingStandsOut) {
  const Tensor raw = fixture("cases_raw");
  for (const size_t index : {1U, 2U}) {  // negative, constant
    const auto map = heat_map(plane(raw, index), 14, 56, 56);
    EXPECT_TRUE(std::all_of(map.begin(), map.end(), [](float value) { return value == 0; }));
    EXPECT_EQ(peak_of(map, 56), std::nullopt);
  }
}

TEST(HeatMapTest, CoversOnlyThePartThatWasSeen) {
  const Tensor raw = fixture("cases_raw");
  const auto whole = heat_map(plane(raw, 0), 14, 48, 56);
  const auto part = heat_map(plane(raw, 0), 14, Box{4, 2, 56, 48}, 60, 70);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 70; ++x)
      ASSERT_EQ(part[y * 70 + x],
                contains({4, 2, 56, 48}, x, y) ? whole[(y - 2) * 56 + (x - 4)] : 0)
          << x << " " << y;
  const Pixel peak = *peak_of(whole, 56);
  EXPECT_EQ(*peak_of(part, 70), (Pixel{peak.x + 4, peak.y + 2}));
}

TEST(HeatMapTest, MayReachBeyondThePicture) {
  const Tensor raw = fixture("cases_raw");
  const auto whole = heat_map(plane(raw, 0), 14, 56, 56);
  const auto part = heat_map(plane(raw, 0), 14, Box{-3, -5, 56, 56}, 40, 50);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 50; ++x) ASSERT_EQ(part[y * 50 + x], whole[(y + 5) * 56 + x + 3]);
}

}  // namespace
}  // namespace evax::image
