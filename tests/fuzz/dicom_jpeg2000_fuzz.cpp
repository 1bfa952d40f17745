// DICOM files with JPEG 2000 (T.800): any place of the picture and its tiles on the grid, coding
// style, quantization and tile-parts, and any bits as packets.

#include "evax/image/dicom/format/transfer_syntax.h"
#include "tests/fuzz/jpeg_stream.h"

using namespace evax::fuzz;

namespace {

struct Grid {
  int left = 0, top = 0, tile_left = 0, tile_top = 0, tile_width = 0, tile_height = 0;

  int tiles(const Frame& frame) const {
    const auto count = [](int size, int by) { return (size + by - 1) / by; };
    return count(left + frame.width - tile_left, tile_width) *
           count(top + frame.height - tile_top, tile_height);
  }
};

std::string long_number(int value) { return std::string(2, '\0') + big_endian(value); }

Grid choose_grid(const Frame& frame, Choices& choices) {
  Grid grid;
  if (choices.rarely(4)) {
    grid.left = choices.below(24);
    grid.top = choices.below(24);
    grid.tile_left = std::min(choices.below(24), grid.left);
    grid.tile_top = std::min(choices.below(24), grid.top);
  }
  grid.tile_width = grid.left + frame.width;
  grid.tile_height = grid.top + frame.height;
  if (choices.rarely(2)) {
    grid.tile_width = grid.left - grid.tile_left + choices.between(1, 24);
    grid.tile_height = grid.top - grid.tile_top + choices.between(1, 24);
  }
  return grid;
}

std::string size_segment(const Frame& frame, const Grid& grid, Choices& choices) {
  std::string body = big_endian(choices.rarely(32) ? choices.word() : 0);
  for (const int number : {grid.left + frame.width, grid.top + frame.height, grid.left, grid.top,
                           grid.tile_width, grid.tile_height, grid.tile_left, grid.tile_top})
    body += long_number(number);
  const int components = choices.rarely(64) ? choices.below(4) : 1;
  body += big_endian(components);
  for (int i = 0; i < components; ++i) {
    body += static_cast<char>((frame.precision - 1) | (frame.is_signed ? 0x80 : 0));
    body += std::string(2, choices.rarely(64) ? '\2' : '\1');
  }
  return segment(0x51, body);
}

// COD, and QCD for as many levels.
std::string coding_style(Choices& choices) {
  const int levels = choices.rarely(32) ? choices.below(34) : choices.below(6);
  const bool reversible = choices.rarely(2), precincts = choices.rarely(4);
  const int markers = choices.rarely(8) ? choices.below(4) << 1 : 0;  // SOP, EPH
  std::string style;
  style += static_cast<char>(levels);
  style += static_cast<char>(choices.rarely(32) ? choices.byte() : choices.below(5));
  style += static_cast<char>(choices.rarely(32) ? choices.byte() : choices.below(5));
  style += static_cast<char>(choices.rarely(4) ? choices.below(64) : 0);  // of code-blocks
  style += static_cast<char>(reversible ? 1 : 0);
  for (int i = 0; precincts && i <= levels; ++i)
    style += static_cast<char>(choices.rarely(8) ? choices.byte() : 0x11 * choices.between(1, 6));

  std::string cod(1, static_cast<char>(markers | (precincts ? 1 : 0)));
  const int progressions = choices.rarely(32) ? 256 : 5;
  cod += static_cast<char>(choices.below(progressions));
  cod += big_endian(choices.rarely(8) ? choices.between(1, 8) : 1);  // layers
  cod += static_cast<char>(choices.rarely(32) ? choices.byte() : 0) + style;

  const int quantization = reversible ? 0 : choices.rarely(4) ? 1 : 2;
  const int guard_bits = choices.rarely(8) ? choices.below(8) : 2;
  const int kind = choices.rarely(32) ? choices.below(32) : quantization;
  std::string qcd(1, static_cast<char>(guard_bits << 5 | kind));
  const int bands = quantization == 1 ? 1 : 1 + 3 * levels;
  const bool same = !choices.rarely(4);
  const int exponent = choices.between(0, 31);
  for (int i = 0; i < bands; ++i) {
    const int of_band = same ? exponent : choices.below(32);
    if (quantization == 0)
      qcd += static_cast<char>(of_band << 3);
    else
      qcd += big_endian(of_band << 11 | choices.byte());
  }
  return segment(0x52, cod) + segment(0x5C, qcd);
}

// Markers that the main header or a tile-part's may have, or may not.
std::string odd_marker(Choices& choices) {
  if (!choices.rarely(16)) return "";
  const int code = choices.one_of({0x64, 0x5D, 0x5E, 0x63, 0x55, 0x57, 0x58, 0x53, 0x5F, 0x60});
  return segment(code, choices.text(static_cast<size_t>(choices.below(16))));
}

}  // namespace

EVAX_FUZZ_TARGET(dicom_jpeg2000) {
  Choices choices(input);
  Frame frame = choose_frame(choices, 1, 16);
  frame.is_signed = choices.rarely(4);
  Choices attributes = choices.split(16);
  const Grid grid = choose_grid(frame, choices);
  std::string stream = marker(0x4F) + size_segment(frame, grid, choices);
  stream += coding_style(choices);
  stream += odd_marker(choices);

  const int tiles = grid.tiles(frame);
  const int parts = choices.rarely(8) ? choices.between(1, 3) : 1;  // of a tile
  const bool lossy = choices.rarely(2), ends = !choices.rarely(16);
  const std::string odd = odd_marker(choices);
  const std::string packets = choices.rest();
  const auto each = packets.size() / static_cast<size_t>(tiles * parts);
  for (int i = 0; i < tiles * parts; ++i) {
    const std::string body =
        odd + marker(0x93) + packets.substr(static_cast<size_t>(i) * each, each);
    stream += marker(0x90) + big_endian(10) + big_endian(i % tiles) +
              long_number(static_cast<int>(12 + body.size())) + static_cast<char>(i / tiles) +
              static_cast<char>(parts) + body;
  }
  if (ends) stream += marker(0xD9);

  namespace uid = evax::image::dicom::uid;
  decode(input, lossy ? uid::jpeg2000 : uid::jpeg2000_lossless, frame, stream, attributes);
}
