#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evax/data/perceptual_hash.h"

namespace evax::data {

/// Finds every perceptual hash near a given one without looking at all of them: multi-index hashing
/// (Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with multi-index hashing",
/// TPAMI 2014). The 256 bits are split into bands; two hashes at most `distance` bits apart differ
/// in some band by at most distance / bands (pigeonhole), here 0 or 1 bits, so that it is found
/// under that band's own value or one with a bit flipped. Exact. Immutable and thread-safe; 12
/// bytes per hash and band, 170 in all for half a million hashes.
class HashIndex {
 public:
  /// `hashes` must outlive the index.
  HashIndex(std::span<const PerceptualHash> hashes, int distance);

  /// Positions of the hashes at most `distance` bits from `hash`, ascending.
  std::vector<uint32_t> near(const PerceptualHash& hash) const;

 private:
  /// The hashes by the value of one band: those of value v are begin[v] ... begin[v + 1] - 1 of
  /// `ids` and of `folds`, which exclude most distant hashes without reading them.
  struct Band {
    int first = 0;  // its bits: first, first + number of bands, ...
    int bits = 0;
    std::vector<uint32_t> begin, ids;
    std::vector<uint64_t> folds;
  };

  uint32_t value(const PerceptualHash& hash, const Band& band) const;
  void collect(const PerceptualHash& hash, const Band& band, uint32_t value,
               std::vector<uint32_t>& found) const;

  std::span<const PerceptualHash> hashes_;
  int distance_;
  std::vector<Band> bands_;
};

}  // namespace evax::data
