#include "evax/image/png/png.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>

#include "evax/core/error.h"
#include "evax/image/aspect.h"
#include "evax/image/depth.h"
#include "evax/image/limits.h"
#include "evax/image/png/png_chunks.h"
#include "evax/image/png/png_unfilter.h"

namespace evax::image {
namespace {

using png::Layout;
using png::Parts;

// A sub-picture that is stored on its own: the whole, or one of the seven of Adam7.
struct Pass {
  size_t x, y, dx, dy;

  size_t width(const Parts& parts) const { return (parts.width + dx - 1 - x) / dx; }
  size_t height(const Parts& parts) const { return (parts.height + dy - 1 - y) / dy; }
  size_t bytes(const Parts& parts) const {  // an empty pass has no filter bytes either
    const size_t columns = width(parts);
    return columns == 0 ? 0 : height(parts) * (parts.layout.line_bytes(columns) + 1);
  }
};

constexpr std::array<Pass, 1> whole{{{0, 0, 1, 1}}};
constexpr std::array<Pass, 7> adam7{{{0, 0, 8, 8},
                                     {4, 0, 8, 8},
                                     {0, 4, 4, 8},
                                     {2, 0, 4, 4},
                                     {0, 2, 2, 4},
                                     {1, 0, 2, 2},
                                     {0, 1, 1, 2}}};

std::span<const Pass> passes_of(const Parts& parts) {
  return parts.interlaced ? std::span<const Pass>(adam7) : std::span<const Pass>(whole);
}

size_t filtered_bytes(const Parts& parts) {
  size_t bytes = 0;
  for (const Pass& pass : passes_of(parts)) bytes += pass.bytes(parts);
  return bytes;
}

// The filtered scanlines of all passes.
std::unique_ptr<uint8_t[]> inflate(const Parts& parts, size_t bytes, std::string_view name) {
  const auto compressed = std::make_unique_for_overwrite<std::byte[]>(parts.compressed_bytes);
  png::gather(parts.image_chunks, compressed.get());

  struct Free {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
  };
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  auto out = std::make_unique_for_overwrite<uint8_t[]>(bytes);
  switch (libdeflate_zlib_decompress(decompressor.get(), compressed.get(), parts.compressed_bytes,
                                     out.get(), bytes, nullptr)) {
    case LIBDEFLATE_SUCCESS: return out;
    case LIBDEFLATE_SHORT_OUTPUT: fail("{}: damaged PNG: its image data end too early", name);
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      fail("{}: damaged PNG: its image data continue after the image", name);
    default: fail("{}: damaged PNG: its image data cannot be decompressed", name);
  }
}

class Decoder {
 public:
  Decoder(const Parts& parts, std::string_view name, Image& image)
      : parts_(parts), name_(name), image_(image) {}

  // Returns the highest sample of a picture of 16 bits.
  unsigned decode(const uint8_t* filtered) {
    for (const Pass& pass : passes_of(parts_)) {
      const size_t bytes = pass.bytes(parts_);
      if (bytes != 0) decode_pass(pass, filtered);
      filtered += bytes;
    }
    return highest_;
  }

 private:
  void decode_pass(const Pass& pass, const uint8_t* filtered) {
    const size_t width = pass.width(parts_);
    const size_t height = pass.height(parts_);
    const size_t bytes = parts_.layout.line_bytes(width);
    const size_t distance = parts_.layout.filter_distance();
    for (size_t i = 0; i < height; ++i)
      if (filtered[i * (bytes + 1)] > static_cast<uint8_t>(png::Filter::paeth))
        fail("{}: damaged PNG: found the scanline filter {}", name_, filtered[i * (bytes + 1)]);
    if (stored_as_is()) {
      const std::vector<uint8_t> zeros(bytes);
      png::unfilter(filtered, zeros.data(), image_.pixels.data(), height, bytes, distance);
      return;
    }
    constexpr size_t group = 16;  // lines at a time, after the one above them
    std::vector<uint8_t> lines((group + 1) * bytes);
    for (size_t y = 0; y < height; y += group) {
      const size_t count = std::min(group, height - y);
      uint8_t* first = lines.data() + bytes;
      png::unfilter(filtered + y * (bytes + 1), lines.data(), first, count, bytes, distance);
      for (size_t i = 0; i < count; ++i)
        place(pass, first + i * bytes, width,
              image_.row(static_cast<int>(pass.y + (y + i) * pass.dy)));
      std::copy_n(first + (count - 1) * bytes, bytes, lines.data());
    }
  }

  // Scanlines that already are rows of the picture are unfiltered in their place.
  bool stored_as_is() const {
    const Layout& layout = parts_.layout;
    return !parts_.interlaced && layout.depth == 8 &&
           (layout.color == png::Color::grey || layout.color == png::Color::rgb);
  }

  void place(const Pass& pass, const uint8_t* line, size_t width, uint8_t* out) {
    const auto channels = static_cast<size_t>(image_.channels);
    pixels_.resize(pass.dx == 1 ? 0 : width * channels);
    uint8_t* unpacked = pass.dx == 1 ? out : pixels_.data();
    if (!png::unpack(parts_.layout, parts_.palette, line, width, unpacked))
      fail("{}: damaged PNG: a pixel points past the end of the palette of {} colours", name_,
           parts_.palette.size() / 3);
    if (parts_.layout.depth == 16)
      highest_ = std::max(highest_, png::highest_sample(parts_.layout, line, width));
    if (pass.dx == 1) return;
    for (size_t i = 0; i < width; ++i)
      std::memcpy(out + (pass.x + i * pass.dx) * channels, unpacked + i * channels, channels);
  }

  const Parts& parts_;
  std::string_view name_;
  Image& image_;
  std::vector<uint8_t> pixels_;
  unsigned highest_ = 0;
};

// Deflate makes at most 1032 bytes of one, so a small file cannot ask for much memory.
constexpr uint64_t max_expansion = 1032;

Parts parse(std::span<const std::byte> bytes, std::string_view name) {
  if (!is_png(bytes)) fail("{}: expected a PNG, found another signature", name);
  return png::parse(bytes, name);
}

// Chooses the depth that 16-bit samples are scaled by from the highest of them.
using ChooseDepth = std::function<int(unsigned highest)>;

std::vector<uint8_t> levels_of(int depth) {
  const unsigned most = (1U << depth) - 1;
  std::vector<uint8_t> levels(most + 1);
  for (unsigned value = 0; value <= most; ++value)
    levels[value] = static_cast<uint8_t>((value * 255 + most / 2) / most);
  return levels;
}

// A picture of layout.channels() bytes per pixel.
Image decode(Parts parts, size_t file_bytes, std::string_view name,
             const ChooseDepth& choose_depth) {
  const int channels = parts.layout.channels();
  const size_t pixel_bytes = parts.width * parts.height * static_cast<size_t>(channels);
  const size_t scanline_bytes = filtered_bytes(parts);
  const MemoryReservation memory = reserve_memory(
      name, file_bytes + scanline_bytes + std::max(parts.compressed_bytes, pixel_bytes));
  if (scanline_bytes > parts.compressed_bytes * max_expansion)
    fail("{}: damaged PNG: {} bytes of image data cannot hold {} x {} pixels", name,
         parts.compressed_bytes, parts.width, parts.height);

  const auto filtered = inflate(parts, scanline_bytes, name);
  Image image{static_cast<int>(parts.width), static_cast<int>(parts.height), channels,
              std::vector<uint8_t>(pixel_bytes)};
  const unsigned highest = Decoder(parts, name, image).decode(filtered.get());
  if (parts.layout.depth != 16 || parts.layout.as_stored) return image;
  const int depth = choose_depth(highest);
  if (depth == 16) return image;
  const std::vector<uint8_t> levels = levels_of(depth);
  parts.layout.levels = levels;
  Decoder(parts, name, image).decode(filtered.get());
  return image;
}

}  // namespace

bool is_png(std::span<const std::byte> bytes) {
  return bytes.size() >= png::signature.size() &&
         std::memcmp(bytes.data(), png::signature.data(), png::signature.size()) == 0;
}

Radiograph decode_png(std::span<const std::byte> bytes, std::string_view name,
                      const ReadOptions& options) {
  const Parts parts = parse(bytes, name);
  Radiograph radiograph;
  auto& warnings = radiograph.info.warnings;
  radiograph.image = decode(parts, bytes.size(), name, [&](unsigned highest) {
    return used_depth(parts.layout.depth, highest, options.bits, warnings);
  });
  warn_about_aspect(parts.columns_per_unit, parts.rows_per_unit, warnings);
  radiograph.info.format = "PNG";
  radiograph.info.bits = parts.layout.depth;
  return radiograph;
}

Samples decode_png_samples(std::span<const std::byte> bytes, std::string_view name) {
  Parts parts = parse(bytes, name);
  parts.layout.as_stored = true;
  const Image image = decode(parts, bytes.size(), name, {});
  const size_t sample_bytes = parts.layout.depth == 16 ? 2 : 1;
  const size_t count = image.pixels.size() / sample_bytes;
  const MemoryReservation memory = reserve_memory(name, count * sizeof(uint16_t));
  Samples samples{image.width, image.height, image.channels / static_cast<int>(sample_bytes),
                  parts.layout.depth, std::vector<uint16_t>(count)};
  const uint8_t* byte = image.pixels.data();
  for (uint16_t& value : samples.values)
    for (size_t i = 0; i < sample_bytes; ++i) value = static_cast<uint16_t>(value << 8 | *byte++);
  return samples;
}

}  // namespace evax::image
