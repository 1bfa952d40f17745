// PNG, JPEG and whatever else image::read recognises: any bytes give a picture or an Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "evax/core/error.h"
#include "evax/image/read.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto radiograph = evax::image::decode(std::as_bytes(std::span(data, size)), "fuzz");
    const evax::image::Image& image = radiograph.image;
    if (image.pixels.size() != static_cast<size_t>(image.width) *
                                   static_cast<size_t>(image.height) *
                                   static_cast<size_t>(image.channels))
      std::abort();
  } catch (const evax::Error&) {
  }
  return 0;
}
