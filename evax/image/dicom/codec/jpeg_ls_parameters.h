#pragma once

#include "evax/image/dicom/codec/codestream.h"

namespace evax::image::dicom {

/// What a JPEG-LS stream is decoded with (T.87 annexes A and C).
struct JpegLsParameters {
  int maximum = 255;           // MAXVAL: samples are 0 ... maximum
  int near = 0;                // NEAR: the largest difference of near-lossless coding
  int t1 = 0, t2 = 0, t3 = 0;  // thresholds of local gradients
  int reset = 64;              // RESET: when the counts of a context are halved
  int range = 256;             // RANGE: how many errors there are
  int range_bits = 8;          // qbpp
  int limit = 32;              // LIMIT: bits of the longest code
};

struct JpegLsScan {
  JpegLsParameters parameters;
  Bytes data;  // behind the scan header, markers at its end included
};

/// Reads presets and the scan header of a stream whose headers read_jpeg_header has checked.
/// Throws Error for presets outside the standard and for what one grey component never has: mapping
/// tables, extended sizes, restart intervals.
JpegLsScan read_jpeg_ls_scan(Bytes stream, const CodestreamHeader& header);

}  // namespace evax::image::dicom
