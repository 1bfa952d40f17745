#include "evax/core/error.h"
#include "evax/image/dicom/codec/codestream.h"

namespace evax::image::dicom {
namespace {

constexpr int soi = 0xD8;
constexpr int sos = 0xDA;
constexpr int eoi = 0xD9;

bool is_frame_header(int marker) {
  const bool sof = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
                   marker != 0xCC;  // DHT, JPG, DAC
  return sof || marker == sof_jpeg_ls;
}

// The marker at `at`, which fill bytes may precede (T.81 B.1.1.2); moves `at` behind it.
int next_marker(Bytes stream, size_t& at) {
  if (at >= stream.size() || u8(stream, at) != 0xFF)
    fail("expected a marker at byte {} of the JPEG stream, found {}", at,
         at >= stream.size() ? "its end" : "data");
  while (at < stream.size() && u8(stream, at) == 0xFF) ++at;
  if (at == stream.size()) fail("expected a marker in the JPEG stream, found its end");
  return u8(stream, at++);
}

}  // namespace

CodestreamHeader read_jpeg_header(Bytes stream) {
  if (stream.size() < 4 || u8(stream, 0) != 0xFF || u8(stream, 1) != soi)
    fail("expected a JPEG stream that starts with ff d8, found {} bytes of something else",
         stream.size());
  size_t at = 2;
  while (true) {
    const int marker = next_marker(stream, at);
    if (marker == sos || marker == eoi || marker == soi)
      fail("expected a frame header in the JPEG stream, found marker {:02x} first", marker);
    if (stream.size() - at < 2) fail("expected a frame header in the JPEG stream, found its end");
    const size_t length = u16(stream, at, true);
    if (length < 2 || length > stream.size() - at)
      fail("expected marker {:02x} of {} bytes in the JPEG stream, found {}", marker, length,
           stream.size() - at);
    if (is_frame_header(marker)) {
      constexpr size_t shortest = 11;  // length, precision, height, width, count, one component
      if (length < shortest)
        fail("expected a JPEG frame header of at least {} bytes, found {}", shortest, length);
      CodestreamHeader header;
      header.precision = u8(stream, at + 2);
      header.height = u16(stream, at + 3, true);
      header.width = u16(stream, at + 5, true);
      header.components = u8(stream, at + 7);
      header.process = marker;
      return header;
    }
    at += length;
  }
}

}  // namespace evax::image::dicom
