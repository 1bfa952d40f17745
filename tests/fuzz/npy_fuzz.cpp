// Feeds arbitrary bytes to the reader of NumPy's files.

#include "evax/core/npy.h"
#include "tests/fuzz/harness.h"

EVAX_FUZZ_TARGET(npy) {
  static const evax::fuzz::Scratch scratch;
  const std::string path = scratch.write("x.npy", evax::fuzz::text_of(input));
  evax::fuzz::read_or_refuse([&] { evax::read_npy(path).to_f32(); });
}
