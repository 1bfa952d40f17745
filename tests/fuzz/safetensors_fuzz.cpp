// Feeds arbitrary bytes to the safetensors reader and to the evax metadata in it.

#include "evax/weights/check.h"
#include "evax/weights/model_file.h"
#include "tests/fuzz/harness.h"

namespace {

void read_everything(std::span<const std::byte> bytes) {
  const evax::weights::Safetensors file(bytes, nullptr, "fuzz");
  for (const auto& entry : file.entries()) {
    // Refused: a dtype that Tensor lacks; the others may still be read.
    evax::fuzz::read_or_refuse([&] { evax::weights::has_non_finite(file.tensor(entry.first)); });
  }
  evax::weights::read_metadata(file, "fuzz");
}

}  // namespace

EVAX_FUZZ_TARGET(safetensors) {
  evax::fuzz::read_or_refuse([&] { read_everything(std::as_bytes(input)); });
}
