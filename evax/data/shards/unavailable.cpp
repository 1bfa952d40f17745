// Until shards can be read: goes when read.cpp and shard.cpp come.
#include "evax/core/error.h"
#include "evax/data/shards/read.h"
#include "evax/data/shards/shard.h"

namespace evax::data {

Dataset read_shards(const std::string& folder) { fail("{}: shards cannot be read yet", folder); }

struct Shard::State {};
Shard::Shard(std::unique_ptr<State> state) : state_(std::move(state)) {}
Shard::~Shard() = default;
image::Image Shard::image(uint32_t record) const {
  fail("shard record {}: cannot be read", record);
}

}  // namespace evax::data
