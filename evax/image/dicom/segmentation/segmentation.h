#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "evax/image/image.h"

namespace evax::image {

struct Segment {
  std::string name;
  const Image* mask = nullptr;  // one channel of the source's size, 0 outside
};

/// What drew the segments; ASCII, at most 64 characters each.
struct SegmentationAlgorithm {
  std::string name;      // "lungs.safetensors"
  std::string version;   // of the model: the beginning of its SHA-256
  std::string software;  // "evax 0.1.0"
};

/// The bytes of a DICOM Segmentation object (PS3.3 A.51, explicit little endian): a binary segment
/// for each class, which may overlap, on the pixels of one X-ray. It takes over the source's
/// patient and study, has a series of its own marked as research use, and refers to the source
/// image. Its UIDs are made of its content, the time included. `source` is a DICOM file that
/// decode_dicom reads; `source_name` appears in the error messages. Throws Error for a source
/// without the UIDs to refer to, and for a mask of another size.
std::string encode_dicom_segmentation(std::span<const std::byte> source,
                                      std::string_view source_name,
                                      std::span<const Segment> segments,
                                      const SegmentationAlgorithm& algorithm);

}  // namespace evax::image
