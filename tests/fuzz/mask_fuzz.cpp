// Feeds masks as they are stored: any file, or a PNG whose checksums are right, for any number of
// classes; what is read has no other pixels than classes and 255.

#include <cstdlib>

#include "evax/data/segmentation/mask.h"
#include "tests/fuzz/png_file.h"

using namespace evax::data;

EVAX_FUZZ_TARGET(mask) {
  static const evax::fuzz::Scratch scratch;
  if (input.size() < 2) return;
  const size_t classes = 1 + input[0] % 254;
  const auto values = (input[1] & 1) != 0 ? MaskValues::index : MaskValues::automatic;
  const evax::fuzz::Input rest = input.subspan(2);
  const std::string path =
      scratch.write("mask.png", (input[1] & 2) != 0 ? std::string(evax::fuzz::text_of(rest))
                                                    : evax::fuzz::png_file(rest));
  evax::fuzz::read_or_refuse([&] {
    const Mask mask = read_mask(path, classes, values);
    has_target(mask);
    for (const uint8_t pixel : mask.pixels)
      if (pixel > classes && pixel != ignored_pixel) std::abort();
  });
}
