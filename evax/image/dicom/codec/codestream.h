#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/image/dicom/format/bytes.h"

namespace evax::image::dicom {

/// What a JPEG, JPEG-LS or JPEG 2000 code stream says about its picture, read before any decoder
/// sees it.
struct CodestreamHeader {
  uint32_t width = 0;
  uint32_t height = 0;
  int components = 0;
  int precision = 0;          // bits per sample
  bool is_signed = false;     // JPEG 2000 only
  int process = 0;            // JPEG, JPEG-LS: low byte of the SOF marker
  bool has_open_end = false;  // JPEG 2000: a tile-part is as long as the stream

  size_t samples() const { return static_cast<size_t>(width) * height; }
};

/// SOF markers (ITU-T T.81 table B.1, T.87): 0 baseline, 1 extended, 3 lossless, 0x37 JPEG-LS.
inline constexpr int sof_baseline = 0xC0;
inline constexpr int sof_extended = 0xC1;
inline constexpr int sof_lossless = 0xC3;
inline constexpr int sof_jpeg_ls = 0xF7;

/// The stream up to its end marker, FF D9 in all these families, without the padding behind it.
struct EndMarker {
  Bytes stream;
  bool was_missing = false;
};

/// Where the marker is missing, `stream` is a copy in `copy` with one: what lacks only the marker
/// is then read, and what lacks data still refused by the decoder.
EndMarker with_end_marker(Bytes stream, std::vector<std::byte>& copy);

/// The code stream of a frame that is a whole JP2 file (T.800 annex I), with a warning; other
/// frames as they are. Throws Error when its boxes are cut, or there is a palette or no stream.
Bytes jpeg2000_stream(Bytes frame, std::vector<std::string>& warnings);

/// Reads the headers of a JPEG or JPEG-LS stream up to its scan (T.81 annex B, T.87 annex C). Stray
/// bytes between them are skipped as decoders do. Throws Error when they are malformed, there is
/// not exactly one frame header, or a Huffman table has symbols beyond the standard.
CodestreamHeader read_jpeg_header(Bytes stream);

/// The next marker from `at` on, which is moved behind it. Fill bytes may precede it (T.81
/// B.1.1.2); stray bytes, a stuffed FF 00 among them, are skipped just as the IJG libraries do.
/// Throws Error at the end.
int next_jpeg_marker(Bytes stream, size_t& at);

/// Reads the main header and all tile-part headers of a JPEG 2000 code stream (T.800 annex A).
/// Throws Error when it is malformed, cut or lacks a tile, uses a feature that medical images do
/// not (packed packet headers, coding styles per component or tile), or its tiles, code-blocks,
/// precincts or packets are so many that a decoder's tables would outgrow the picture.
CodestreamHeader read_jpeg2000_header(Bytes stream);

}  // namespace evax::image::dicom
