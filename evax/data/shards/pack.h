#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/data/shards/shard.h"

namespace evax::data {

/// What a table beside each shard says of its pictures: NNNNN.csv, with the columns path, reason
/// (why there is no picture) and these, a row for every sample.
struct PackTable {
  std::vector<std::string> columns;
  /// The row of one picture: its fields, as it was read and as it is packed. On worker threads.
  std::function<std::vector<std::string>(const image::Image& read, const image::Image& packed)> row;
};

struct PackOptions {
  std::string folder;                          // where the shards go
  std::string root;                            // paths below it are stored relative to it
  std::function<std::string(size_t)> name;     // of a sample, instead of its path below `root`
  int size = 336;                              // pixels, squared; 0: as they are
  uint64_t shard_bytes = uint64_t{128} << 20;  // about, for grey pictures
  uint32_t part = 1, parts = 1;                // this machine's share: every parts-th shard
  size_t threads = 0;                          // 0: all
  PackTable table;                             // without columns: none
  bool may_be_empty = false;                   // no readable file is not an error
  bool repack = false;                         // shards of changed pictures are packed again
};

struct PackResult {
  size_t packed = 0;                 // by this call
  size_t kept = 0;                   // were there already
  std::vector<FailedSample> failed;  // of the part's shards, kept ones included
};

/// Packs a list into shards: 8-bit grey where the channels are equal, RGB otherwise, resized as
/// Pillow does bilinearly. Which samples a shard holds depends on the list and the options alone,
/// so whole shards are kept when a killed packing is started again, the rest is byte-identical to
/// an undisturbed one, and the parts of several machines make one folder. Files that cannot be read
/// are skipped and listed in failed.csv; where one of them can be read now, its shard is redone.
/// Throws Error, also when no file can be read, the folder holds shards of another list, or
/// pictures have changed since they were packed (unless they are to be packed again).
PackResult pack(const Dataset& dataset, const PackOptions& options);

}  // namespace evax::data
