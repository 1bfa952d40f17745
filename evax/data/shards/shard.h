#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/image/image.h"

namespace evax::data {

/// A file of the packed list that could not be read.
struct FailedSample {
  uint32_t position = 0;  // in the list
  std::string path;
  std::string reason;
};

/// What a shard says about the packed list; all but `shard`, `failed` and `pictures` is the same in
/// every shard of a folder.
struct ShardDescription {
  weights::Task task = weights::Task::multilabel;
  std::vector<std::string> classes;
  std::string source;    // the list, as a person wrote it
  int size = 0;          // pictures are size x size; 0: as they were
  uint32_t samples = 0;  // of the whole list
  uint32_t shard = 0;    // this one, of `shards`
  uint32_t shards = 0;
  std::string fingerprint;  // SHA-256 of the list and of what it was packed with
  std::vector<FailedSample> failed;
  /// What each record was packed from: 16 digits of its picture_fingerprint(). Empty in shards made
  /// before evax kept that.
  std::vector<std::string> pictures = {};
};

/// One memory-mapped file of packed 8-bit images with an index, labels and checksums
/// (docs/shards.md). Labels are raw: 1, 0, -1 (uncertain), NaN (blank). Immutable and thread-safe.
class Shard {
 public:
  /// Maps the file and checks header, index and sizes, not every image's checksum.
  static std::shared_ptr<const Shard> open(const std::string& path);
  /// The same from memory that `owner` keeps alive; `name` appears in the error messages.
  static std::shared_ptr<const Shard> decode(std::span<const std::byte> bytes, std::string name,
                                             std::shared_ptr<const void> owner);
  ~Shard();

  size_t size() const;
  const ShardDescription& description() const;
  uint64_t file_bytes() const;
  /// The list's entry of a record; `shard` is null and `record` is set.
  Sample sample(uint32_t record) const;
  /// The position of a record in the packed list.
  uint32_t position(uint32_t record) const;
  /// CRC-32 of a record's picture, as it was packed.
  uint32_t checksum(uint32_t record) const;
  /// 1: grey, 3: RGB.
  int channels(uint32_t record) const;
  /// Checks the record's checksum and unpacks it. Throws Error naming shard and record.
  image::Image image(uint32_t record) const;

 private:
  struct State;
  explicit Shard(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace evax::data
