#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evax/core/memory_reservation.h"
#include "evax/image/dicom/format/dataset.h"

namespace evax::image::dicom {

/// A DICOM file taken apart: its transfer syntax, its attributes and, where one is found, the
/// first structural defect. The attributes before a defect are kept, so that a damaged file can
/// still be refused for the right reason. Refers to the bytes it was read from.
struct Container {
  std::string transfer_syntax;
  Encoding encoding;
  bool has_preamble = true;
  DataSet data_set;
  std::string defect;               // empty: none
  std::vector<std::byte> inflated;  // keeps the data set of a deflated file
  /// For a deflated file: room for `inflated` and for decoding the picture in it.
  std::unique_ptr<MemoryReservation> memory;
};

/// What decoding takes for a pixel: the stored value, a codec's sample and the picture.
inline constexpr uint64_t bytes_per_pixel = 8;

/// "DICM" at 128.
bool has_preamble(Bytes file);
/// A first element of group 0002 or 0008, in either byte order, that fits into the file.
bool looks_like_data_set(Bytes file);

/// Throws Error (a sentence without the file's name) when it is not DICOM.
Container open_container(Bytes file);

}  // namespace evax::image::dicom
