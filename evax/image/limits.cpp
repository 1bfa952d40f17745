#include "evax/image/limits.h"

#include "evax/core/error.h"
#include "evax/image/read.h"

namespace evax::image {

void check_pixels(std::string_view name, uint64_t width, uint64_t height) {
  constexpr auto most = static_cast<uint64_t>(max_pixels);
  // Each factor alone first, so that the product cannot leave 64 bits.
  if (width == 0 || height == 0 || width > most || height > most || width * height > most)
    fail("{}: expected an image of 1 to {} megapixels, found {} x {} pixels", name,
         most / 1'000'000, width, height);
}

MemoryReservation reserve_memory(std::string_view name, uint64_t bytes) {
  if (bytes > MemoryReservation::budget)
    fail("{}: expected an image that needs at most {} MB of memory, found one that needs {}", name,
         MemoryReservation::budget >> 20, bytes >> 20);
  return MemoryReservation(bytes);
}

}  // namespace evax::image
