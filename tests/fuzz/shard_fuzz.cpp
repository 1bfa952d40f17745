// Feeds arbitrary bytes to the shard reader, as they are and with their checksums set right.

#include "evax/data/shards/shard.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/sealed_shard.h"

namespace {

void read_everything(const std::string& bytes) {
  const auto shard = evax::data::Shard::decode(evax::fuzz::bytes_of(bytes), "fuzz", nullptr);
  for (uint32_t i = 0; i < shard->size(); ++i) {
    shard->sample(i);
    // Refused: a picture's checksum; the others may still be read.
    evax::fuzz::read_or_refuse([&] { shard->image(i); });
  }
}

}  // namespace

EVAX_FUZZ_TARGET(shard) {
  const std::string bytes(evax::fuzz::text_of(input));
  evax::fuzz::read_or_refuse([&] { read_everything(bytes); });
  evax::fuzz::read_or_refuse([&] { read_everything(evax::fuzz::sealed(bytes)); });
}
