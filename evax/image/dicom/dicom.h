#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "evax/image/image.h"
#include "evax/image/read.h"

namespace evax::image {

/// Whether the bytes are a DICOM file: "DICM" at 128 (PS3.10 section 7.1), or a data set without
/// preamble whose first element is of group 0002 or 0008.
bool is_dicom(std::span<const std::byte> bytes);

/// Reads a radiograph: CR and DX, with a warning RG, OT and SC, with `options.force` any modality.
/// Stored values go through the modality LUT or rescale, then the VOI LUT or the first window, or
/// else from their minimum to their maximum without padding (PS3.3 C.11.1, C.11.2), MONOCHROME1 is
/// inverted, and the result is one 8-bit channel. Only the first of several frames is read. `name`
/// appears in the error messages; no patient data is ever repeated. Thread-safe. Throws Error:
/// file, what was expected, what was found.
Radiograph decode_dicom(std::span<const std::byte> bytes, std::string_view name,
                        const ReadOptions& options = {});

}  // namespace evax::image
