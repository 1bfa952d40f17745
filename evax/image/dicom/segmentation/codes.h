#pragma once

#include <string>
#include <string_view>

namespace evax::image::dicom {

/// A code of a dictionary: value, dictionary ("SCT": SNOMED CT, "DCM": PS3.16), words.
struct Code {
  std::string value, scheme, meaning;
};

/// What a segment shows (PS3.16 CID 7150 and below).
struct Property {
  Code category, type;
};

/// By the class's name, whatever its case and separators: lungs, heart, clavicles, and the findings
/// of the paper. Another name has a code of the private dictionary 99EVAX made from it.
Property property_of(std::string_view class_name);

/// ASCII, at most 64 characters (value representation LO): other characters are "?".
std::string short_text(std::string_view text, size_t longest = 64);

}  // namespace evax::image::dicom
