#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/image/image.h"

namespace evax::data {

/// One memory-mapped file of packed 8-bit images with an index, labels and checksums
/// (docs/shards.md). Immutable and thread-safe.
class Shard {
 public:
  /// Maps the file and checks header, index and sizes, not every image's checksum.
  static std::shared_ptr<const Shard> open(const std::string& path);
  ~Shard();

  size_t size() const;
  /// Checks the record's checksum and unpacks it. Throws Error naming shard and record.
  image::Image image(uint32_t record) const;

 private:
  struct State;
  explicit Shard(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace evax::data
