#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace evax::image {

/// What a DICOM file without an image holds, by its SOP class (PS3.4 B.5, PS3.6 A), or by its
/// modality where the class is none of DICOM's: "a presentation state", "a structured report", ...;
/// empty for pictures of any modality and for what is not a DICOM file. `head`: the first
/// head_bytes of the file suffice.
inline constexpr size_t head_bytes = 2048;
std::string_view no_picture(std::span<const std::byte> head);

}  // namespace evax::image
