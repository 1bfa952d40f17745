// A PNG whose checksums are right around whatever the bytes say: reaches the scanline filters, the
// palette and Adam7, which random changes of a file almost never do.

#include "tests/fuzz/png_file.h"

EVAX_FUZZ_TARGET(image_png) {
  const std::string file = evax::fuzz::png_file(input);
  evax::fuzz::read_or_refuse([&] { evax::image::decode_png(evax::fuzz::bytes_of(file), "fuzz"); });
}
