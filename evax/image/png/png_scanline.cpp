#include "evax/image/png/png_scanline.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace evax::image::png {
namespace {

// The sample `index` of a line whose samples have `depth` (1, 2, 4 or 8) bits, first ones highest.
inline unsigned sample(const uint8_t* line, size_t index, unsigned depth) {
  const size_t bit = index * depth;
  const auto shift = static_cast<unsigned>(8 - depth - (bit & 7));
  return (static_cast<unsigned>(line[bit >> 3]) >> shift) & ((1U << depth) - 1);
}

inline unsigned wide_sample(const uint8_t* line, size_t index) {
  return (static_cast<unsigned>(line[2 * index]) << 8) | line[2 * index + 1];
}

void unpack_grey(int depth, const uint8_t* line, size_t width, uint8_t* out) {
  if (depth == 8) {
    std::memcpy(out, line, width);
  } else if (depth == 16) {
    for (size_t i = 0; i < width; ++i) {
      const unsigned value = wide_sample(line, i);
      out[i] = static_cast<uint8_t>((value * 255 + 32767) / 65535);
    }
  } else {
    const unsigned white = (1U << depth) - 1;
    for (size_t i = 0; i < width; ++i)
      out[i] = static_cast<uint8_t>(sample(line, i, static_cast<unsigned>(depth)) * (255 / white));
  }
}

bool unpack_palette(int depth, std::span<const uint8_t> palette, const uint8_t* line, size_t width,
                    uint8_t* out) {
  const size_t entries = palette.size() / 3;
  size_t highest = 0;
  // Indices past the end read this black instead; they are reported when the line is done.
  std::array<uint8_t, 768> colors{};
  std::ranges::copy(palette, colors.begin());
  for (size_t i = 0; i < width; ++i) {
    const size_t index = sample(line, i, static_cast<unsigned>(depth));
    highest = std::max(highest, index);
    std::memcpy(out + 3 * i, colors.data() + 3 * index, 3);
  }
  return highest < entries;
}

// Takes the first (the high) byte of the first `kept` of `samples` samples of every pixel.
template <size_t samples, size_t kept, size_t sample_bytes>
void unpack_bytes(const uint8_t* line, size_t width, uint8_t* out) {
  for (size_t i = 0; i < width; ++i)
    for (size_t k = 0; k < kept; ++k) out[i * kept + k] = line[(i * samples + k) * sample_bytes];
}

// How many samples of a pixel are shown: all but alpha.
size_t shown_samples(const Layout& layout) {
  return layout.color == Color::grey || layout.color == Color::grey_alpha ? 1 : 3;
}

void unpack_levels(const Layout& layout, const uint8_t* line, size_t width, uint8_t* out) {
  const auto samples = static_cast<size_t>(layout.samples());
  const size_t shown = shown_samples(layout);
  for (size_t i = 0; i < width; ++i)
    for (size_t k = 0; k < shown; ++k) {
      const unsigned value = wide_sample(line, i * samples + k);
      *out++ = value < layout.levels.size() ? layout.levels[value] : 255;
    }
}

// The samples but alpha, whole bytes copied and smaller ones one to a byte.
void unpack_as_stored(const Layout& layout, const uint8_t* line, size_t width, uint8_t* out) {
  const auto depth = static_cast<unsigned>(layout.depth);
  if (depth < 8) {
    for (size_t i = 0; i < width; ++i) out[i] = static_cast<uint8_t>(sample(line, i, depth));
    return;
  }
  const size_t stored = static_cast<size_t>(layout.samples()) * depth / 8;
  const auto kept = static_cast<size_t>(layout.channels());
  for (size_t i = 0; i < width; ++i) std::memcpy(out + i * kept, line + i * stored, kept);
}

}  // namespace

int Layout::samples() const {
  switch (color) {
    case Color::grey:
    case Color::palette: return 1;
    case Color::grey_alpha: return 2;
    case Color::rgb: return 3;
    case Color::rgb_alpha: return 4;
  }
  throw std::logic_error("png: no such colour type");
}

int Layout::channels() const {
  const bool grey = color == Color::grey || color == Color::grey_alpha;
  if (!as_stored) return grey ? 1 : 3;
  return (grey || color == Color::palette ? 1 : 3) * (depth == 16 ? 2 : 1);
}

size_t Layout::line_bytes(size_t width) const {
  return (width * static_cast<size_t>(samples() * depth) + 7) / 8;
}

size_t Layout::filter_distance() const {
  return std::max<size_t>(1, static_cast<size_t>(samples() * depth) / 8);
}

bool unpack(const Layout& layout, std::span<const uint8_t> palette, const uint8_t* line,
            size_t width, uint8_t* out) {
  if (layout.as_stored) {
    unpack_as_stored(layout, line, width, out);
    return true;
  }
  const bool wide = layout.depth == 16;
  if (wide && !layout.levels.empty()) {
    unpack_levels(layout, line, width, out);
    return true;
  }
  switch (layout.color) {
    case Color::grey: unpack_grey(layout.depth, line, width, out); return true;
    case Color::palette: return unpack_palette(layout.depth, palette, line, width, out);
    case Color::grey_alpha:
      wide ? unpack_bytes<2, 1, 2>(line, width, out) : unpack_bytes<2, 1, 1>(line, width, out);
      return true;
    case Color::rgb:
      wide ? unpack_bytes<3, 3, 2>(line, width, out) : unpack_bytes<3, 3, 1>(line, width, out);
      return true;
    case Color::rgb_alpha:
      wide ? unpack_bytes<4, 3, 2>(line, width, out) : unpack_bytes<4, 3, 1>(line, width, out);
      return true;
  }
  return false;
}

unsigned highest_sample(const Layout& layout, const uint8_t* line, size_t width) {
  const auto samples = static_cast<size_t>(layout.samples());
  const size_t shown = shown_samples(layout);
  unsigned highest = 0;
  for (size_t i = 0; i < width; ++i)
    for (size_t k = 0; k < shown; ++k)
      highest = std::max(highest, wide_sample(line, i * samples + k));
  return highest;
}

}  // namespace evax::image::png
