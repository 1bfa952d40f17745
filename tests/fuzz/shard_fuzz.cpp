// Feeds arbitrary bytes to the shard reader, with the checksums set right so that they do not stop
// the search at the door.

#include <cstring>
#include <vector>

#include "evax/core/error.h"
#include "evax/data/shards/format.h"
#include "evax/data/shards/shard.h"

namespace {

void seal(std::vector<std::byte>& bytes) {
  evax::data::ShardHeader header;
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.tail_offset <= bytes.size())
    header.tail_crc =
        evax::data::crc32_of(bytes.data() + header.tail_offset, bytes.size() - header.tail_offset);
  header.header_crc = evax::data::crc32_of(&header, sizeof header - sizeof header.header_crc);
  std::memcpy(bytes.data(), &header, sizeof header);
}

void read_everything(const std::vector<std::byte>& bytes) {
  const auto shard = evax::data::Shard::decode(bytes, "fuzz", nullptr);
  for (uint32_t i = 0; i < shard->size(); ++i) {
    shard->sample(i);
    try {
      shard->image(i);
    } catch (const evax::Error&) {  // a picture's checksum; the others may still be read
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto given = std::as_bytes(std::span(data, size));
  std::vector<std::byte> bytes(given.begin(), given.end());
  for (int sealed = 0; sealed < 2; ++sealed, seal(bytes)) {
    try {
      read_everything(bytes);
    } catch (const evax::Error&) {  // the answer to bad input
    }
  }
  return 0;
}
