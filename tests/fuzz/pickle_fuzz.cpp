// Feeds arbitrary bytes to the PyTorch checkpoint reader: zip container, legacy container, pickles.
// An input that begins with 'P' is one bare pickle, any other a whole file, so that most of the
// time goes to the pickle machine.

#include "evax/weights/torch/file.h"
#include "evax/weights/torch/unpickler.h"
#include "tests/fuzz/harness.h"

namespace {

using namespace evax::weights::torch;

void read_pickle(std::span<const std::byte> bytes) {
  Arena arena("fuzz");
  StorageTable storages("fuzz");
  Constructors constructors(arena, storages);
  const auto load_storage = [&](const Value&) {
    return arena.make(StorageRef{storages.declare("k", evax::DType::f32, 64)});
  };
  describe(Unpickler(bytes, arena, constructors, load_storage).load());
}

void read_file(std::span<const std::byte> bytes) {
  const File file(Bytes{bytes, nullptr}, "fuzz");
  const auto* dict = file.root().get<Dict>();
  if (dict == nullptr) return;
  for (const auto& [key, value] : dict->items)
    if (const TensorView* view = value->tensor()) file.tensor(*view);
}

}  // namespace

EVAX_FUZZ_TARGET(pickle) {
  const auto bytes = std::as_bytes(input);
  evax::fuzz::read_or_refuse([&] {
    if (!input.empty() && input[0] == 'P')
      read_pickle(bytes.subspan(1));
    else
      read_file(bytes);
  });
}
