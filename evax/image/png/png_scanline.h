#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace evax::image::png {

enum class Color : uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgb_alpha = 6 };

/// How the samples of a scanline are stored.
struct Layout {
  Color color = Color::grey;
  int depth = 8;           // bits per sample
  bool as_stored = false;  // samples are numbers: neither scaled nor looked up in the palette, and
                           // of 16 bits two bytes, high one first
  std::span<const uint8_t> levels = {};  // of 16-bit samples that do not use all bits; those beyond
                                         // are white

  int samples() const;   // per pixel
  int channels() const;  // bytes per pixel of the decoded picture: 1 or 3; as stored up to 6
  size_t line_bytes(size_t width) const;
  /// Distance in bytes to the sample on the left that the filters look at.
  size_t filter_distance() const;
};

/// Turns the samples of one unfiltered scanline into `width` pixels of layout.channels() bytes.
/// `palette` holds RGB triples. False when a pixel points past its end.
bool unpack(const Layout& layout, std::span<const uint8_t> palette, const uint8_t* line,
            size_t width, uint8_t* out);

/// The highest 16-bit sample of a scanline, alpha left out.
unsigned highest_sample(const Layout& layout, const uint8_t* line, size_t width);

}  // namespace evax::image::png
