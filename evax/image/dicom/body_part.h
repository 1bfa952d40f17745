#pragma once

#include <string_view>

namespace evax::image::dicom {

/// Whether a Body Part Examined is a defined term of DICOM's own list (PS3.16 annex L) for a part
/// without the chest. Words in other languages, UNKNOWN and a vendor's own terms are not.
bool is_another_body_part(std::string_view upper_case_term);

}  // namespace evax::image::dicom
