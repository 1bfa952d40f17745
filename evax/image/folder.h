#pragma once

#include <string>
#include <vector>

namespace evax::image {

/// Whether a file has an image's extension or begins like one: DICOM files often have no extension,
/// or the last number of a UID as one.
bool looks_like_image(const std::string& path);

/// Every image below a folder, sorted by path; hidden files and folders are passed over. Throws
/// Error when the folder cannot be read.
std::vector<std::string> images_below(const std::string& folder);

}  // namespace evax::image
