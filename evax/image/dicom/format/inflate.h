#pragma once

#include <cstddef>
#include <vector>

#include "evax/image/dicom/format/bytes.h"

namespace evax::image::dicom {

/// Measures what a raw deflate stream (RFC 1951) inflates to, in constant memory, so a bomb costs a
/// second at most. Throws Error when the stream is damaged or cut, or that is more than `limit`
/// bytes.
size_t inflated_size(Bytes deflated, size_t limit);

/// Inflates the stream to the `size` bytes that were measured.
std::vector<std::byte> inflate_raw(Bytes deflated, size_t size);

}  // namespace evax::image::dicom
