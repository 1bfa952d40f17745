#pragma once

#include <cstddef>
#include <map>
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

/// DICOM objects that are not pictures (dicom/no_picture.h), as a study's folder holds them beside
/// its images.
struct PassedOver {
  std::map<std::string, size_t> objects;  // "a structured report": how many

  void add(const PassedOver& more);
  /// "5 DICOM objects without an image are skipped (a DICOMDIR, 2 x a structured report)"; empty
  /// where there are none.
  std::string sentence() const;
};

/// Every image below a folder, sorted by path; what is_passed_over() names is left out, and so are
/// DICOM objects that are not pictures, which are counted. Throws Error when the folder cannot be
/// read.
std::vector<std::string> images_below(const std::string& folder, PassedOver* passed_over = nullptr);

/// Whether it is one, which is counted, too.
bool pass_over(const std::string& path, PassedOver& passed_over);

}  // namespace evax::image
