#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evax/image/dicom/codec/codestream.h"

namespace evax::image::dicom {

/// Decoders of one frame of one component, to width * height bit patterns of the stream's
/// precision. The caller has compared the header with the limits. Each throws Error when the stream
/// is damaged or cut, also where the underlying library would only warn and pad. Samples may be
/// beyond the precision: the caller checks them. Thread-safe.

/// JPEG baseline, extended (8 and 12 bit) and lossless (2 to 16 bit): DCMTK's IJG libraries.
/// Appends to `warnings` when bytes before a marker were passed over.
std::vector<uint16_t> decode_jpeg(Bytes stream, const CodestreamHeader& header,
                                  std::vector<std::string>& warnings);

/// JPEG-LS, lossless and near-lossless (2 to 16 bit): decoded here.
std::vector<uint16_t> decode_jpeg_ls(Bytes stream, const CodestreamHeader& header);

/// JPEG 2000 part 1: OpenJPEG.
std::vector<uint16_t> decode_jpeg2000(Bytes stream, const CodestreamHeader& header);

/// DICOM's RLE (PS3.5 annex G) of `count` samples of 1 or 2 bytes.
std::vector<uint16_t> decode_rle(Bytes frame, int bytes_per_sample, size_t count);

}  // namespace evax::image::dicom
