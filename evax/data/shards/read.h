#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/data/shards/shard.h"

namespace evax::data {

/// The shards of a folder in order, all of one packing; some may be missing.
/// Throws Error when there is none, or when one is damaged or of another packing.
std::vector<std::shared_ptr<const Shard>> open_shards(const std::string& folder);

/// The packed list, in its order, with raw labels (shard.h), without the files that could not be
/// read. Throws Error, also when a shard is missing (a part not yet packed).
Dataset read_shards(const std::string& folder);

/// Whether a folder holds shards.
bool has_shards(const std::string& folder);

/// "00012.shard", and "00012.csv" of the table beside it.
std::string shard_name(uint32_t shard);
std::string table_name(uint32_t shard);

}  // namespace evax::data
