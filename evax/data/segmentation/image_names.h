#pragma once

#include <map>
#include <string>
#include <vector>

namespace evax::data {

/// The file's name without an image's extension: DICOM files are named by UIDs, of which the last
/// number is none.
std::string image_name(const std::string& path);

/// The images below a folder by that name; more than one where names are not distinct.
using ImagesByName = std::map<std::string, std::vector<std::string>>;
ImagesByName images_by_name(const std::string& folder);

}  // namespace evax::data
