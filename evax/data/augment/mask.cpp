#include "evax/data/augment/mask.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evax/core/error.h"

namespace evax::data {
namespace {

constexpr double min_aspect = 0.3;
constexpr int attempts = 10;

// Hides one more rectangle with at most `most` new patches; returns how many are new, 0 when no
// attempt did.
int add_block(std::vector<uint8_t>& mask, int grid, int most, int min_patches, DrawSource& random) {
  const double log_aspect = std::log(min_aspect);
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const double area = random.uniform(min_patches, most);
    const double aspect = std::exp(random.uniform(log_aspect, -log_aspect));
    const int height = static_cast<int>(std::nearbyint(std::sqrt(area * aspect)));
    const int width = static_cast<int>(std::nearbyint(std::sqrt(area / aspect)));
    if (width >= grid || height >= grid) continue;
    const auto top = static_cast<int>(random.integer(0, grid - height));
    const auto left = static_cast<int>(random.integer(0, grid - width));
    int hidden = 0;
    for (int y = top; y < top + height; ++y)
      for (int x = left; x < left + width; ++x) hidden += mask[y * grid + x];
    const int fresh = height * width - hidden;
    if (fresh <= 0 || fresh > most) continue;
    for (int y = top; y < top + height; ++y)
      std::fill_n(mask.begin() + y * grid + left, width, uint8_t{1});
    return fresh;
  }
  return 0;
}

std::vector<uint8_t> random_mask(int grid, int patches, Random& random) {
  std::vector<uint32_t> order(static_cast<size_t>(grid) * grid);
  std::iota(order.begin(), order.end(), 0U);
  shuffle(order.begin(), order.end(), random);
  std::vector<uint8_t> mask(order.size());
  for (int i = 0; i < patches; ++i) mask[order[i]] = 1;
  return mask;
}

std::vector<uint8_t> alternating_mask(int grid) {
  std::vector<uint8_t> mask(static_cast<size_t>(grid) * grid);
  for (size_t i = 0; i < mask.size(); i += 2) mask[i] = 1;
  return mask;
}

}  // namespace

void check_mask(const MaskConfig& config, int grid) {
  const int patches = grid * grid;
  if (patches < 2) fail("mask: expected an image of several patches, found {}", patches);
  if (config.patches < 1 || config.patches >= patches)
    fail("mask.patches: expected 1 to {} of the {} patches, found {}", patches - 1, patches,
         config.patches);
  if (config.min_patches < 1 || config.min_patches > patches)
    fail("mask.min_patches: expected 1 to {}, found {}", patches, config.min_patches);
}

std::vector<uint8_t> block_mask(int grid, int patches, int min_patches, DrawSource& random) {
  std::vector<uint8_t> mask(static_cast<size_t>(grid) * grid);
  int count = 0;
  while (count < patches) {
    const int fresh = add_block(mask, grid, patches - count, min_patches, random);
    if (fresh == 0) break;
    count += fresh;
  }
  return mask;
}

std::vector<uint8_t> draw_mask(const MaskConfig& config, int grid, const Key& key) {
  if (config.kind == "alternating") return alternating_mask(grid);
  Random random(key.seed, key.epoch, key.sample, Draw::mask);
  if (config.kind == "random") return random_mask(grid, config.patches, random);
  return block_mask(grid, config.patches, config.min_patches, random);
}

}  // namespace evax::data
