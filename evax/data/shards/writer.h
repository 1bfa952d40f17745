#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/core/file.h"
#include "evax/data/shards/format.h"
#include "evax/data/shards/shard.h"

namespace evax::data {

/// Writes one shard, picture by picture; it appears under its name with commit() alone.
class ShardWriter {
 public:
  ShardWriter(const std::string& path, ShardDescription description);

  /// Samples in the list's order. `path` is what the record is to be called, `source` the
  /// fingerprint of what the image was read from.
  void add(const Sample& sample, uint32_t position, const std::string& path,
           const image::Image& image, const std::string& source);
  /// A sample that could not be read.
  void skip(FailedSample sample);
  void commit();

 private:
  AtomicFile file_;
  ShardDescription description_;
  uint64_t offset_ = sizeof(ShardHeader);
  std::vector<ShardRecord> records_;
  std::vector<float> labels_;
  std::string names_;
};

}  // namespace evax::data
