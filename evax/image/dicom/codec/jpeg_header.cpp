#include <algorithm>

#include "evax/core/error.h"
#include "evax/image/dicom/codec/codestream.h"

namespace evax::image::dicom {
namespace {

constexpr int soi = 0xD8;
constexpr int dht = 0xC4;
constexpr int sos = 0xDA;
constexpr int eoi = 0xD9;

bool is_frame_header(int marker) {
  const bool sof = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
                   marker != 0xCC;  // DHT, JPG, DAC
  return sof || marker == sof_jpeg_ls;
}

// Markers that stand alone have no place between the headers, and decoders differ on them.
bool stands_alone(int marker) {
  return marker <= 0x01 || (marker >= 0xD0 && marker <= eoi);  // stuffing, TEM, RST0 to EOI
}

CodestreamHeader read_frame_header(Bytes body, int marker) {
  constexpr size_t shortest = 9;  // precision, height, width, count, one component
  if (body.size() < shortest)
    fail("expected a JPEG frame header of at least {} bytes, found {}", shortest, body.size());
  CodestreamHeader header;
  header.precision = u8(body, 0);
  header.height = u16(body, 1, true);
  header.width = u16(body, 3, true);
  header.components = u8(body, 5);
  header.process = marker;
  return header;
}

// The largest symbol of the DC tables in a DHT segment (T.81 B.2.4.2): the number of bits of a
// difference.
int largest_dc_symbol(Bytes body) {
  constexpr size_t lengths = 16;
  int largest = 0;
  while (!body.empty()) {
    size_t symbols = 0;
    for (size_t i = 1; i <= lengths && i < body.size(); ++i) symbols += u8(body, i);
    if (symbols > 256 || body.size() < 1 + lengths + symbols)
      fail("expected a whole Huffman table in the JPEG stream, found {} bytes for {} symbols",
           body.size(), symbols);
    const bool is_dc = u8(body, 0) >> 4 == 0;
    for (size_t i = 0; is_dc && i < symbols; ++i)
      largest = std::max<int>(largest, u8(body, 1 + lengths + i));
    body = body.subspan(1 + lengths + symbols);
  }
  return largest;
}

}  // namespace

int next_jpeg_marker(Bytes stream, size_t& at) {
  while (true) {
    while (at < stream.size() && u8(stream, at) != 0xFF) ++at;
    while (at < stream.size() && u8(stream, at) == 0xFF) ++at;
    if (at >= stream.size()) fail("expected a marker in the JPEG stream, found its end");
    if (const int marker = u8(stream, at++); marker != 0) return marker;
  }
}

CodestreamHeader read_jpeg_header(Bytes stream) {
  if (stream.size() < 4 || u8(stream, 0) != 0xFF || u8(stream, 1) != soi)
    fail("expected a JPEG stream that starts with ff d8, found {} bytes of something else",
         stream.size());
  CodestreamHeader header;
  int largest_symbol = 0;
  size_t at = 2;
  while (true) {
    const int marker = next_jpeg_marker(stream, at);
    if (stands_alone(marker))
      fail("expected a header segment in the JPEG stream, found marker {:02x}", marker);
    if (stream.size() - at < 2) fail("expected a header in the JPEG stream, found its end");
    const size_t length = u16(stream, at, true);
    if (length < 2 || length > stream.size() - at)
      fail("expected marker {:02x} of {} bytes in the JPEG stream, found {}", marker, length,
           stream.size() - at);
    const Bytes body = stream.subspan(at + 2, length - 2);
    if (marker == sos) break;
    if (marker == dht) largest_symbol = std::max(largest_symbol, largest_dc_symbol(body));
    if (is_frame_header(marker)) {
      if (header.process != 0) fail("expected one frame header in the JPEG stream, found another");
      header = read_frame_header(body, marker);
    }
    at += length;
  }
  if (header.process == 0) fail("expected a JPEG frame header before the scan, found none");
  // T.81 F.1.2.1.1 and H.1.2.2. DCMTK's 12-bit decoder looks 16 up behind the end of a table.
  const int most = header.process == sof_lossless ? 16 : 15;
  if (largest_symbol > most)
    fail("expected differences of at most {} bits in the JPEG stream, found {}", most,
         largest_symbol);
  return header;
}

}  // namespace evax::image::dicom
