// Feeds arbitrary bytes to the reader of a training's checkpoints.

#include "evax/train/checkpoint/checkpoint_file.h"
#include "tests/fuzz/harness.h"

EVAX_FUZZ_TARGET(training_checkpoint) {
  static const evax::fuzz::Scratch scratch;
  const std::string path = scratch.write("step_00000001.safetensors", evax::fuzz::text_of(input));
  evax::fuzz::read_or_refuse([&] { evax::train::read_checkpoint_file(path); });
}
