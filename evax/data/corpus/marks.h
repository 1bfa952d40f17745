#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evax/data/perceptual_hash.h"
#include "evax/data/shards/pack.h"
#include "evax/data/shards/read.h"

namespace evax::data {

/// What is kept of an image that was packed for a corpus; it is in the table beside its shard.
struct Mark {
  std::array<uint64_t, 4> pixels{};    // SHA-256 of the packed picture
  std::optional<PerceptualHash> hash;  // of the picture as it was read; none: it is constant
  uint64_t values = 0;                 // pixels of the packed picture x 3: grey is three channels
  uint64_t sum = 0, squares = 0;       // of those values
  std::string problem;                 // why there is no picture; the rest is empty then
  uint32_t shard = 0, record = 0;      // where the picture is
  uint32_t owner = 0;                  // whose it is: the source or exclusion, of Marks::owners
};

/// The marks of a packed list, in its order.
struct Marks {
  std::vector<Mark> marks;
  std::vector<std::string> owners;
  Shards shards;

  /// "OWNER/PATH" of an image that was packed.
  std::string name(size_t image) const;
};

/// The table for pack() to write.
PackTable mark_table();

/// The marks of a folder's images. Throws Error when a shard or its table is missing, damaged or
/// belongs to another packing, or when the two do not agree.
Marks read_marks(const std::string& folder);

/// Whether a problem is that there is no file.
bool is_missing_file(const std::string& problem);

/// A hash as 64 hexadecimal digits.
std::string hex_of(const std::array<uint64_t, 4>& bits);

}  // namespace evax::data
