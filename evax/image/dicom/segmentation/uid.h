#pragma once

#include <string>
#include <string_view>

namespace evax::image::dicom {

/// The UID of what `content` describes: 2.25 and a UUID of version 8 made of its SHA-256 (PS3.5
/// B.2, RFC 9562). Equal content has an equal UID.
std::string uid_of(std::string_view content);

}  // namespace evax::image::dicom
