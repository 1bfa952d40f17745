#include "evax/image/jpeg/exif.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace evax::image {
namespace {

using Bytes = std::span<const std::byte>;

bool starts_with(Bytes bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() &&
         std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

// Unsigned integers of either byte order; past the end they read as 0.
class Tiff {
 public:
  explicit Tiff(Bytes bytes) : bytes_(bytes), little_(starts_with(bytes, "II")) {}

  bool valid() const {
    return (starts_with(bytes_, "II") || starts_with(bytes_, "MM")) && number(2, 2) == 42;
  }

  uint32_t number(size_t at, size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t k = little_ ? size - 1 - i : i;
      value = (value << 8) | std::to_integer<uint32_t>(bytes_[at + k]);
    }
    return value;
  }

  size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
  bool little_;
};

int orientation_of(const Tiff& tiff) {
  constexpr uint32_t tag = 0x0112, type_short = 3, type_long = 4;
  constexpr size_t entry_bytes = 12;
  if (!tiff.valid()) return 1;
  const size_t directory = tiff.number(4, 4);
  const size_t entries = tiff.number(directory, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * entry_bytes;
    if (entry + entry_bytes > tiff.size()) break;
    if (tiff.number(entry, 2) != tag) continue;
    const uint32_t type = tiff.number(entry + 2, 2);
    if ((type != type_short && type != type_long) || tiff.number(entry + 4, 4) != 1) return 1;
    const uint32_t value = tiff.number(entry + 8, type == type_short ? 2 : 4);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

template <size_t channels>
Image turned(const Image& image, int orientation) {
  const bool transposed = orientation >= 5;
  const ptrdiff_t width = image.width, height = image.height;
  // The source pixel of the upright (0, 0), and the steps in the source for its x and its y.
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ptrdiff_t start = (from_right ? width - 1 : 0) + (from_bottom ? (height - 1) * width : 0);
  const ptrdiff_t along = from_right ? -1 : 1;
  const ptrdiff_t down = from_bottom ? -width : width;
  const ptrdiff_t step_x = transposed ? down : along;
  const ptrdiff_t step_y = transposed ? along : down;

  Image out{image.width, image.height, image.channels, std::vector<uint8_t>(image.pixels.size())};
  if (transposed) std::swap(out.width, out.height);
  uint8_t* to = out.pixels.data();
  for (ptrdiff_t y = 0; y < out.height; ++y)
    for (ptrdiff_t x = 0; x < out.width; ++x, to += channels)
      std::memcpy(to,
                  image.pixels.data() +
                      (start + y * step_y + x * step_x) * static_cast<ptrdiff_t>(channels),
                  channels);
  return out;
}

}  // namespace

int exif_orientation(Bytes jpeg) {
  constexpr auto marker_prefix = std::byte{0xFF};
  constexpr auto app1 = std::byte{0xE1}, start_of_scan = std::byte{0xDA}, end = std::byte{0xD9};
  constexpr std::string_view exif{"Exif\0\0", 6};
  size_t at = 2;  // after the start-of-image marker
  while (at + 4 <= jpeg.size() && jpeg[at] == marker_prefix) {
    const std::byte marker = jpeg[at + 1];
    if (marker == start_of_scan || marker == end) break;
    if (marker == marker_prefix) {  // a fill byte
      ++at;
      continue;
    }
    const size_t length =
        (std::to_integer<size_t>(jpeg[at + 2]) << 8) | std::to_integer<size_t>(jpeg[at + 3]);
    if (length < 2 || length > jpeg.size() - at - 2) break;
    const Bytes segment = jpeg.subspan(at + 4, length - 2);
    if (marker == app1 && starts_with(segment, exif))
      return orientation_of(Tiff(segment.subspan(exif.size())));
    at += 2 + length;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  return image.channels == 1 ? turned<1>(image, orientation) : turned<3>(image, orientation);
}

}  // namespace evax::image
