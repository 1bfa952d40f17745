// PNG, JPEG and whatever else image::read recognises: any bytes give a picture or an Error.

#include <cstdlib>

#include "evax/image/read.h"
#include "tests/fuzz/harness.h"

EVAX_FUZZ_TARGET(image) {
  evax::fuzz::read_or_refuse([&] {
    const auto radiograph = evax::image::decode(std::as_bytes(input), "fuzz");
    const evax::image::Image& image = radiograph.image;
    if (image.pixels.size() != static_cast<size_t>(image.width) *
                                   static_cast<size_t>(image.height) *
                                   static_cast<size_t>(image.channels))
      std::abort();
  });
}
