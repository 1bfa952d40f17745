#include "evax/data/corpus/hash_index.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace evax::data {
namespace {

constexpr int hash_bits = 256;
constexpr int fewest_bits = 8, most_bits = 20;  // of a band: tables from 1 KB to 4 MB

// As many bands as leave about one hash under each value, but enough for one flipped bit.
int number_of_bands(size_t hashes, int distance) {
  const int bits = std::clamp(static_cast<int>(std::bit_width(hashes)), fewest_bits, most_bits);
  return std::min(hash_bits, std::max((hash_bits + bits - 1) / bits, distance / 2 + 1));
}

// A bit of it differs only where a bit of the four does: folds are no further apart than hashes.
uint64_t fold(const PerceptualHash& hash) { return hash[0] ^ hash[1] ^ hash[2] ^ hash[3]; }

}  // namespace

HashIndex::HashIndex(std::span<const PerceptualHash> hashes, int distance)
    : hashes_(hashes), distance_(distance) {
  const int bands = number_of_bands(hashes.size(), distance);
  for (int first = 0; first < bands; ++first) {
    Band& band = bands_.emplace_back();
    band.first = first;
  }
  for (Band& band : bands_) {
    band.bits = (hash_bits - band.first + bands - 1) / bands;
    band.begin.resize((size_t{1} << band.bits) + 1);
    for (const PerceptualHash& hash : hashes) ++band.begin[value(hash, band) + 1];
    std::partial_sum(band.begin.begin(), band.begin.end(), band.begin.begin());
    band.ids.resize(hashes.size());
    band.folds.resize(hashes.size());
    std::vector<uint32_t> next(band.begin.begin(), band.begin.end() - 1);
    for (uint32_t i = 0; i < hashes.size(); ++i) {
      const uint32_t place = next[value(hashes[i], band)]++;
      band.ids[place] = i;
      band.folds[place] = fold(hashes[i]);
    }
  }
}

// Neighbouring frequencies of a picture go together, so a band takes bits from all over the hash:
// a fifth of the hashes under one value that runs of bits would give (1,165 X-rays).
uint32_t HashIndex::value(const PerceptualHash& hash, const Band& band) const {
  uint32_t value = 0;
  const int step = static_cast<int>(bands_.size());
  for (int bit = band.first; bit < hash_bits; bit += step)
    value = 2 * value + (hash[bit / 64] >> (bit % 64) & 1);
  return value;
}

void HashIndex::collect(const PerceptualHash& hash, const Band& band, uint32_t value,
                        std::vector<uint32_t>& found) const {
  const uint64_t own = fold(hash);
  for (uint32_t i = band.begin[value]; i < band.begin[value + 1]; ++i)
    if (std::popcount(own ^ band.folds[i]) <= distance_ &&
        distance(hash, hashes_[band.ids[i]]) <= distance_)
      found.push_back(band.ids[i]);
}

std::vector<uint32_t> HashIndex::near(const PerceptualHash& hash) const {
  std::vector<uint32_t> found;
  const bool flip = distance_ >= static_cast<int>(bands_.size());
  for (const Band& band : bands_) {
    const uint32_t own = value(hash, band);
    collect(hash, band, own, found);
    for (int bit = 0; flip && bit < band.bits; ++bit)
      collect(hash, band, own ^ (uint32_t{1} << bit), found);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace evax::data
