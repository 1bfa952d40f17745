#include "evax/data/augment/mask.h"

#include <algorithm>
#include <numeric>

#include "evax/core/npy.h"
#include "evax/core/testing/support.h"
#include "evax/data/augment/replay.h"

namespace evax::data {
namespace {

using testing::Replay;
using testing::sampling_fixture;

int count(const std::vector<uint8_t>& mask) { return std::accumulate(mask.begin(), mask.end(), 0); }

TEST(MaskTest, BlocksAreTheOriginalsForItsRecordedDraws) {
  const auto fixture = sampling_fixture()["masks"];
  const Tensor expected = read_npy(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/mim/masks.npy");
  const auto* cells = reinterpret_cast<const uint8_t*>(expected.bytes().data());
  const size_t masks = fixture["calls"].size();
  ASSERT_EQ(expected.shape(), (Shape{static_cast<int64_t>(masks), 14, 14}));
  for (size_t i = 0; i < masks; ++i) {
    Replay draws(fixture["calls"][i]);
    const auto mask = block_mask(14, 59, 16, draws);
    EXPECT_TRUE(draws.finished()) << i;
    EXPECT_TRUE(std::equal(mask.begin(), mask.end(), cells + i * mask.size())) << i;
  }
}

// A block as high as the grid, halves rounded to even, ten refusals.
TEST(MaskTest, CornersOfTheOriginal) {
  const auto fixture = sampling_fixture();
  for (const auto& scripted : fixture["masks_scripted"]) {
    Replay draws(scripted["answers"]);
    const auto mask = block_mask(14, scripted["M"], 16, draws);
    EXPECT_TRUE(draws.finished()) << scripted["note"];
    std::vector<int> hidden;
    for (size_t cell = 0; cell < mask.size(); ++cell)
      if (mask[cell] != 0) hidden.push_back(static_cast<int>(cell));
    EXPECT_EQ(hidden, scripted["mask_cells"].get<std::vector<int>>()) << scripted["note"];
  }
}

// 20,000 draws against 20,000 and 200,000 of the original: four standard errors.
TEST(MaskTest, StatisticsOfBlocksAreTheOriginals) {
  constexpr int draws = 20000;
  const Tensor cells =
      read_npy(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/mim/mask_cells.npy");
  const auto fixture = sampling_fixture();
  for (const auto& stats : fixture["mask_stats"]) {
    const int grid = stats["grid"];
    const int patches = stats["M"];
    const MaskConfig config{"block", patches, 16};
    std::vector<int> hidden(static_cast<size_t>(grid) * grid);
    std::vector<int> counts;
    for (uint32_t sample = 0; sample < draws; ++sample) {
      const auto mask = draw_mask(config, grid, {5, 0, sample});
      for (size_t cell = 0; cell < mask.size(); ++cell) hidden[cell] += mask[cell];
      counts.push_back(count(mask));
    }
    std::sort(counts.begin(), counts.end());
    EXPECT_LE(counts.back(), patches);
    EXPECT_NEAR(std::accumulate(counts.begin(), counts.end(), 0.0) / draws,
                stats["mean"].get<double>(), 0.05);
    EXPECT_NEAR(static_cast<double>(std::count(counts.begin(), counts.end(), patches)) / draws,
                stats["p_full"].get<double>(), 0.015);
    EXPECT_NEAR(counts[draws / 20], stats["p5"].get<int>(), 1);
    if (patches != 59) continue;
    for (size_t cell = 0; cell < hidden.size(); ++cell)
      EXPECT_NEAR(static_cast<double>(hidden[cell]) / draws, cells.floats()[cell], 0.02) << cell;
  }
}

TEST(MaskTest, RandomHidesThatManyAnywhereAlike) {
  constexpr int draws = 5000;
  const MaskConfig config{"random", 15, 1};
  std::vector<int> hidden(49);
  for (uint32_t sample = 0; sample < draws; ++sample) {
    const auto mask = draw_mask(config, 7, {1, 2, sample});
    ASSERT_EQ(count(mask), 15);
    for (size_t cell = 0; cell < mask.size(); ++cell) hidden[cell] += mask[cell];
  }
  for (const int times : hidden)  // five standard deviations
    EXPECT_NEAR(times, draws * 15.0 / 49, 5 * std::sqrt(draws * 15.0 / 49 * 34 / 49));
}

TEST(MaskTest, AlternatingHidesEvenTokensWhateverTheKey) {
  const MaskConfig config{"alternating", 1, 1};
  const auto mask = draw_mask(config, 3, {1, 2, 3});
  EXPECT_EQ(mask, (std::vector<uint8_t>{1, 0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(mask, draw_mask(config, 3, {4, 5, 6}));
}

TEST(MaskTest, DependsOnTheKeyAlone) {
  const MaskConfig config;
  const auto mask = draw_mask(config, 14, {1, 2, 3});
  EXPECT_EQ(mask, draw_mask(config, 14, {1, 2, 3}));
  EXPECT_NE(mask, draw_mask(config, 14, {1, 2, 4}));
  EXPECT_NE(mask, draw_mask(config, 14, {1, 3, 3}));
  EXPECT_NE(mask, draw_mask(config, 14, {2, 2, 3}));
}

TEST(MaskTest, RefusesToHideNothingOrEverything) {
  const auto error = [](const MaskConfig& config, int grid) {
    return test::error_of([&] { check_mask(config, grid); });
  };
  EXPECT_EQ(error({"block", 59, 16}, 14), "no error");
  EXPECT_EQ(error({"block", 0, 16}, 14),
            "mask.patches: expected 1 to 195 of the 196 patches, found 0");
  EXPECT_EQ(error({"random", 49, 4}, 7),
            "mask.patches: expected 1 to 48 of the 49 patches, found 49");
  EXPECT_EQ(error({"block", 10, 50}, 7), "mask.min_patches: expected 1 to 49, found 50");
  EXPECT_EQ(error({"alternating", 1, 1}, 1), "mask: expected an image of several patches, found 1");
}

}  // namespace
}  // namespace evax::data
