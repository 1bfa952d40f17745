#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "evax/image/dicom/format/bytes.h"

namespace evax::image::dicom {

/// What a Segmentation object must know of the image it was drawn on.
struct SourceImage {
  std::string sop_class, sop_instance, study, series;  // UIDs
  int rows = 0, columns = 0;
  int64_t frames = 1;
  std::map<uint32_t, std::string> inherited;  // tag -> text, as it is in the file
};

/// Throws Error (a sentence without the file's name) where a UID is missing or none.
SourceImage read_source(Bytes file);

}  // namespace evax::image::dicom
