#pragma once

#include <string>
#include <vector>

namespace evax::image {

/// Whether a file's name ends as an image's does: .png, .jpg, .jpeg, .dcm or .dicom, in any case.
bool has_image_extension(const std::string& path);

/// Whether a file has an image's extension or begins like one: DICOM files often have no extension,
/// or the last number of a UID as one.
bool looks_like_image(const std::string& path);

/// Whether a file or folder holds no data by its name: hidden ones, and what macOS, Windows and
/// storage devices leave among files (__MACOSX, @eaDir, $RECYCLE.BIN, ...).
bool is_passed_over(const std::string& name);

/// Every image below a folder, sorted by path; what is_passed_over() names is left out. Throws
/// Error when the folder cannot be read.
std::vector<std::string> images_below(const std::string& folder);

}  // namespace evax::image
