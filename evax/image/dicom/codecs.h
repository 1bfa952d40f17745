#pragma once

#include <cstdint>
#include <span>

#include "evax/image/dicom/codestream.h"

namespace evax::image::dicom {

/// Decoders of one frame of one component. `samples` has width * height values of the header,
/// which the caller has checked against the limits; samples are written as bit patterns of the
/// stream's precision. Each throws Error when the stream is damaged or cut, also where the
/// underlying library would only warn and pad. Thread-safe.

/// JPEG baseline, extended (8 and 12 bit) and lossless (2 to 16 bit): DCMTK's IJG libraries.
void decode_jpeg(Bytes stream, const CodestreamHeader& header, std::span<uint16_t> samples);

/// JPEG-LS, lossless and near-lossless: DCMTK's CharLS.
void decode_jpeg_ls(Bytes stream, const CodestreamHeader& header, std::span<uint16_t> samples);

/// JPEG 2000 part 1: OpenJPEG.
void decode_jpeg2000(Bytes stream, const CodestreamHeader& header, std::span<uint16_t> samples);

/// DICOM's RLE (PS3.5 annex G), of 1 or 2 bytes per sample.
void decode_rle(Bytes frame, int bytes_per_sample, std::span<uint16_t> samples);

}  // namespace evax::image::dicom
