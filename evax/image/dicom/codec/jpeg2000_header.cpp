#include <algorithm>
#include <array>
#include <vector>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codestream.h"

namespace evax::image::dicom {
namespace {

// T.800 table A.2.
constexpr int soc = 0xFF4F, siz = 0xFF51, cod = 0xFF52, tlm = 0xFF55, plm = 0xFF57, plt = 0xFF58,
              qcd = 0xFF5C, qcc = 0xFF5D, rgn = 0xFF5E, poc = 0xFF5F, crg = 0xFF63, com = 0xFF64,
              sot = 0xFF90, sod = 0xFF93, eoc = 0xFFD9;

// Limits on what a decoder keeps per tile, block and packet (OpenJPEG: about 7 kB, 1 kB and 2
// bytes): generous for 100 megapixels in blocks of 32 x 32, and some 300 MB at worst.
constexpr uint64_t max_tiles = 16'384;
constexpr uint64_t max_blocks = 300'000;
constexpr uint64_t max_packets = 4'000'000;

struct Size {
  CodestreamHeader header;
  uint64_t tile_width = 0;
  uint64_t tile_height = 0;
  uint64_t tiles = 0;
};

uint64_t divide_up(uint64_t value, uint64_t by) { return (value + by - 1) / by; }

class Reader {
 public:
  explicit Reader(Bytes stream) : stream_(stream) {}

  bool at_end() const { return at_ == stream_.size(); }
  size_t position() const { return at_; }
  void move_to(size_t position) { at_ = position; }
  size_t size() const { return stream_.size(); }

  int marker() {
    need(2);
    at_ += 2;
    return u16(stream_, at_ - 2, true);
  }

  // A marker segment without its length field.
  Bytes segment(size_t shortest) {
    need(2);
    const size_t length = u16(stream_, at_, true);
    if (length < 2 + shortest)
      fail("expected a JPEG 2000 marker segment of at least {} bytes, found {}", 2 + shortest,
           length);
    need(length);
    const Bytes body = stream_.subspan(at_ + 2, length - 2);
    at_ += length;
    return body;
  }

 private:
  void need(size_t bytes) const {
    if (stream_.size() - at_ < bytes)
      fail("expected a marker at byte {} of the JPEG 2000 stream, found its end", at_);
  }

  Bytes stream_;
  size_t at_ = 0;
};

Size read_size(Bytes body) {
  const auto field = [&](int index) -> uint64_t { return u32(body, 2 + 4 * index, true); };
  const uint64_t right = field(0), bottom = field(1), left = field(2), top = field(3);
  const uint64_t tile_left = field(6), tile_top = field(7);
  Size size;
  size.tile_width = field(4);
  size.tile_height = field(5);
  if (left >= right || top >= bottom || size.tile_width == 0 || size.tile_height == 0 ||
      tile_left > left || tile_top > top || tile_left + size.tile_width <= left ||
      tile_top + size.tile_height <= top)
    fail("expected a JPEG 2000 image with an extent and tiles, found {} x {} in tiles of {} x {}",
         right - std::min(left, right), bottom - std::min(top, bottom), size.tile_width,
         size.tile_height);
  size.header.width = static_cast<uint32_t>(right - left);
  size.header.height = static_cast<uint32_t>(bottom - top);
  size.header.components = u16(body, 34, true);
  size.header.precision = (u8(body, 36) & 0x7F) + 1;
  size.header.is_signed = (u8(body, 36) & 0x80) != 0;
  if (size.header.components == 1 && (u8(body, 37) != 1 || u8(body, 38) != 1))
    fail("expected a JPEG 2000 component without subsampling, found one of {} x {}", u8(body, 37),
         u8(body, 38));
  size.tiles = divide_up(right - tile_left, size.tile_width) *
               divide_up(bottom - tile_top, size.tile_height);
  if (size.tiles > max_tiles)
    fail("expected at most {} JPEG 2000 tiles, found {}", max_tiles, size.tiles);
  return size;
}

// Counts what the coding style makes of a tile (T.800 B.6, B.7), edges included.
void check_coding_style(Bytes body, const Size& size) {
  const bool has_precincts = (u8(body, 0) & 1) != 0;
  const uint64_t layers = u16(body, 2, true);
  const uint64_t levels = u8(body, 5);
  const uint64_t block_x = u8(body, 6) + 2, block_y = u8(body, 7) + 2;
  if (layers == 0 || levels > 32 || block_x > 10 || block_y > 10 || block_x + block_y > 12 ||
      (has_precincts && body.size() < 10 + levels + 1))
    fail(
        "expected a JPEG 2000 coding style within the standard, found {} layers, {} levels, blocks "
        "of 2^{} x 2^{}",
        layers, levels, block_x, block_y);
  const uint64_t width = std::min<uint64_t>(size.tile_width, size.header.width);
  const uint64_t height = std::min<uint64_t>(size.tile_height, size.header.height);
  uint64_t blocks = 0, precincts = 0, most_precincts = 0;
  for (uint64_t r = 0; r <= levels; ++r) {
    const unsigned packed = has_precincts ? u8(body, 10 + r) : 0xFF;
    const uint64_t px = packed & 15, py = packed >> 4;
    if (r > 0 && (px == 0 || py == 0))
      fail("expected JPEG 2000 precincts of at least 2 x 2, found 2^{} x 2^{}", px, py);
    const uint64_t w = divide_up(width, uint64_t{1} << (levels - r));
    const uint64_t h = divide_up(height, uint64_t{1} << (levels - r));
    const uint64_t half = r > 0 ? 1 : 0;  // a band above the first is half as wide as its level
    const uint64_t bands = r > 0 ? 3 : 1;
    const uint64_t here =
        (divide_up(w, uint64_t{1} << px) + 1) * (divide_up(h, uint64_t{1} << py) + 1);
    const uint64_t bx = std::min(block_x, px - half), by = std::min(block_y, py - half);
    blocks += bands * (divide_up(w >> half, uint64_t{1} << bx) + 1) *
              (divide_up(h >> half, uint64_t{1} << by) + 1);
    precincts += bands * here;
    most_precincts = std::max(most_precincts, here);
  }
  const uint64_t per_tile = blocks + precincts;
  if (per_tile > max_blocks || per_tile * size.tiles > 4 * max_blocks)
    fail("expected at most {} JPEG 2000 code-blocks and precincts, found {} in {} tiles",
         max_blocks, per_tile, size.tiles);
  const uint64_t packets = layers * (levels + 1) * most_precincts;
  if (packets > max_packets || packets * size.tiles > 4 * max_packets)
    fail("expected at most {} JPEG 2000 packets, found {} in {} tiles", max_packets, packets,
         size.tiles);
}

bool is_harmless(int marker) {
  constexpr std::array known = {tlm, plm, plt, qcd, qcc, rgn, poc, crg, com};
  return std::find(known.begin(), known.end(), marker) != known.end();
}

// From behind an SOT marker to the end of its tile-part; returns the tile's index.
size_t read_tile_part(Reader& reader, Size& size) {
  const size_t start = reader.position() - 2;
  const Bytes body = reader.segment(8);
  const size_t tile = u16(body, 0, true);
  const size_t stated = u32(body, 2, true);
  const size_t length = stated == 0 ? reader.size() - start : stated;  // 0: up to the end
  if (stated == 0) size.header.has_open_end = true;
  if (tile >= size.tiles)
    fail("expected JPEG 2000 tiles 0 to {}, found tile {}", size.tiles - 1, tile);
  if (length > reader.size() - start)
    fail("expected a JPEG 2000 tile-part of {} bytes, found {}", length, reader.size() - start);
  while (true) {
    const int marker = reader.marker();
    if (marker == sod) break;
    if (!is_harmless(marker))
      fail("expected no marker {:04x} in a JPEG 2000 tile-part header of a medical image", marker);
    reader.segment(0);
  }
  if (reader.position() > start + length)
    fail("expected a JPEG 2000 tile-part longer than its header, found {} bytes", length);
  reader.move_to(start + length);
  return tile;
}

void read_tile_parts(Reader& reader, Size& size) {
  std::vector<bool> seen(size.tiles);
  while (!reader.at_end()) {
    const int marker = reader.marker();
    if (marker == eoc) break;
    if (marker != sot) fail("expected a JPEG 2000 tile-part, found marker {:04x}", marker);
    seen[read_tile_part(reader, size)] = true;
  }
  const auto found = static_cast<uint64_t>(std::count(seen.begin(), seen.end(), true));
  if (found != size.tiles) fail("expected {} JPEG 2000 tiles, found {}", size.tiles, found);
}

}  // namespace

CodestreamHeader read_jpeg2000_header(Bytes stream) {
  Reader reader(stream);
  if (reader.marker() != soc || reader.marker() != siz)
    fail("expected a JPEG 2000 code stream that starts with ff 4f ff 51, found something else");
  constexpr size_t shortest_siz = 39, shortest_cod = 10;
  Size size = read_size(reader.segment(shortest_siz));
  bool styled = false;
  while (true) {
    const int marker = reader.marker();
    if (marker == sot) break;
    if (marker == cod) {
      check_coding_style(reader.segment(shortest_cod), size);
      styled = true;
    } else if (is_harmless(marker)) {
      reader.segment(0);
    } else {
      fail("expected no marker {:04x} in the JPEG 2000 header of a medical image", marker);
    }
  }
  if (!styled) fail("expected a coding style in the JPEG 2000 header, found none");
  reader.move_to(reader.position() - 2);
  read_tile_parts(reader, size);
  return size.header;
}

}  // namespace evax::image::dicom
