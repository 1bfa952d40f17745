#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evax/image/dicom/format/dataset.h"

namespace evax::image::dicom {

/// The image pixel module (PS3.3 C.7.6.3) of a one-component picture, checked for consistency.
struct PixelFormat {
  int rows = 0;
  int columns = 0;
  int bits_allocated = 0;  // 8 or 16
  int bits_stored = 0;     // 1 ... bits_allocated
  int high_bit = 0;        // bits_stored - 1 ... bits_allocated - 1
  bool is_signed = false;
  bool has_overlay_bits = false;  // above the stored ones (retired: PS3.3 C.9.2)
  int64_t frames = 1;
  std::string photometric;  // MONOCHROME1 or MONOCHROME2

  size_t pixels() const { return static_cast<size_t>(rows) * static_cast<size_t>(columns); }
  size_t frame_bytes() const { return pixels() * static_cast<size_t>(bits_allocated / 8); }
};

/// Throws Error naming the first attribute that is missing or does not fit.
PixelFormat read_pixel_format(const DataSet& data_set);

/// The stored values of the first frame, row by row: the low `bits_stored` bits, the rest zero
/// (signed values in two's complement of that width). The amount of data and the header of a code
/// stream are compared with `format` before memory is taken; cut data is refused. A code stream
/// whose values do not fit into BitsStored is believed: `format` gets its depth.
/// Appends to `warnings`. Throws Error.
std::vector<uint16_t> read_stored_values(const DataSet& data_set, PixelFormat& format,
                                         std::string_view transfer_syntax,
                                         std::vector<std::string>& warnings);

}  // namespace evax::image::dicom
