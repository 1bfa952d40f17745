// Feeds arbitrary text to the reader of run-length codes; what it accepts stays within the mask.

#include "evax/data/segmentation/annotation.h"
#include "tests/fuzz/harness.h"

EVAX_FUZZ_TARGET(annotation) {
  evax::data::Mask mask{17, 13, 1, std::vector<uint8_t>(17 * 13)};
  evax::fuzz::read_or_refuse(
      [&] { evax::data::draw_runs(evax::fuzz::text_of(input), "fuzz", mask); });
}
