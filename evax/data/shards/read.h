#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/data/shards/shard.h"

namespace evax::data {

using Shards = std::vector<std::shared_ptr<const Shard>>;

/// A shard that cannot be opened.
struct DamagedShard {
  uint32_t number = 0;
  std::string error;
};

/// The shards of a folder in order, all of one packing; some may be missing. Throws Error when
/// there is none, or when one is damaged or of another packing; with `damaged`, damaged ones go
/// there instead.
Shards open_shards(const std::string& folder, std::vector<DamagedShard>* damaged = nullptr);

/// Throws Error naming the first missing shard (a part not yet packed); a damaged one is there.
void require_all_shards(const Shards& shards, const std::vector<DamagedShard>& damaged,
                        const std::string& folder);

/// The packed list, in its order, with raw labels (shard.h), without the files that could not be
/// read. Throws Error, also when a shard is missing. A damaged shard is an error, or where `notes`
/// is given left out with a sentence there.
Dataset read_shards(const std::string& folder, std::vector<std::string>* notes = nullptr);

/// Whether a folder holds shards.
bool has_shards(const std::string& folder);

/// "00012.shard", and "00012.csv" of the table beside it.
std::string shard_name(uint32_t shard);
std::string table_name(uint32_t shard);

}  // namespace evax::data
