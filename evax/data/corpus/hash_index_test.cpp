#include "evax/data/corpus/hash_index.h"

#include <gtest/gtest.h>

#include <random>

namespace evax::data {
namespace {

// Random hashes, each followed by a few that lie 1 ... 60 bits from it.
std::vector<PerceptualHash> crowded_hashes(size_t groups, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<PerceptualHash> hashes;
  for (size_t group = 0; group < groups; ++group) {
    PerceptualHash centre{random(), random(), random(), random()};
    hashes.push_back(centre);
    for (int copy = 0; copy < 6; ++copy) {
      PerceptualHash moved = centre;
      const auto flips = random() % 60;
      for (uint64_t i = 0; i <= flips; ++i) {
        const auto bit = random() % 256;
        moved[bit / 64] ^= uint64_t{1} << (bit % 64);
      }
      hashes.push_back(moved);
    }
  }
  return hashes;
}

std::vector<uint32_t> all_pairs(const std::vector<PerceptualHash>& hashes,
                                const PerceptualHash& hash, int bits) {
  std::vector<uint32_t> found;
  for (uint32_t i = 0; i < hashes.size(); ++i)
    if (distance(hash, hashes[i]) <= bits) found.push_back(i);
  return found;
}

TEST(HashIndex, FindsWhatLookingAtAllPairsFinds) {
  for (const size_t groups : {1, 10, 300}) {
    const std::vector<PerceptualHash> hashes = crowded_hashes(groups, groups);
    for (const int bits : {0, 1, 5, 12, 13, 24, 25, 40, 100, 256}) {
      if (bits > 40 && groups > 10) continue;  // everything is near: slow
      const HashIndex index(hashes, bits);
      size_t found = 0;
      for (size_t i = 0; i < hashes.size(); i += 1 + groups / 10) {
        const std::vector<uint32_t> near = index.near(hashes[i]);
        ASSERT_EQ(near, all_pairs(hashes, hashes[i], bits)) << groups << ' ' << bits << ' ' << i;
        found += near.size();
      }
      EXPECT_GE(found, std::min<size_t>(hashes.size(), 7));
    }
  }
}

// Exactly at the limit, all in one band or spread: what a wrong radius would miss.
TEST(HashIndex, NeighboursAtTheLimitAreFoundWhereverTheirBitsLie) {
  std::mt19937_64 random(5);
  const std::vector<PerceptualHash> hashes = crowded_hashes(300, 9);
  for (const int bits : {3, 12, 24}) {
    const HashIndex index(hashes, bits);
    for (int step = 1; step <= 256 / bits; step += 3) {
      PerceptualHash query = hashes[7];
      const auto start = static_cast<int>(random() % 256);
      for (int i = 0; i < bits; ++i) {
        const int bit = (start + i * step) % 256;
        query[static_cast<size_t>(bit / 64)] ^= uint64_t{1} << (bit % 64);
      }
      EXPECT_EQ(index.near(query), all_pairs(hashes, query, bits)) << bits << ' ' << step;
    }
  }
}

TEST(HashIndex, AnEmptyIndexFindsNothing) {
  EXPECT_TRUE(HashIndex({}, 24).near(PerceptualHash{}).empty());
}

}  // namespace
}  // namespace evax::data
