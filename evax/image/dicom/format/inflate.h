#pragma once

#include <cstddef>
#include <vector>

#include "evax/image/dicom/format/bytes.h"

namespace evax::image::dicom {

/// Inflates a raw deflate stream (RFC 1951). The size is measured first, in constant memory, so a
/// bomb costs a second at most and no memory. Throws Error when the stream is damaged or cut, or
/// the result is larger than `limit` bytes.
std::vector<std::byte> inflate_raw(Bytes deflated, size_t limit);

}  // namespace evax::image::dicom
