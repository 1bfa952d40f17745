// Feeds arbitrary bytes to the safetensors reader and to the evax metadata in it.

#include "evax/core/error.h"
#include "evax/weights/check.h"
#include "evax/weights/model_file.h"

namespace {

void read_everything(std::span<const std::byte> bytes) {
  const evax::weights::Safetensors file(bytes, nullptr, "fuzz");
  for (const auto& entry : file.entries()) {
    try {
      evax::weights::has_non_finite(file.tensor(entry.first));
    } catch (const evax::Error&) {  // a dtype that Tensor lacks; the others may still be read
    }
  }
  evax::weights::read_metadata(file, "fuzz");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    read_everything(std::as_bytes(std::span(data, size)));
  } catch (const evax::Error&) {  // the answer to bad input
  }
  return 0;
}
