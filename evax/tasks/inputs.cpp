#include "evax/tasks/inputs.h"

#include <glob.h>

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/normal_form.h"
#include "evax/image/folder.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> images_in(const std::string& folder) {
  std::vector<std::string> files = image::images_below(folder);
  if (files.empty())
    fail("{}: expected PNG, JPEG or DICOM files in this folder, found none", folder);
  return files;
}

std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files;
  if (status == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (files.empty()) fail("{}: no such file, and nothing matches the pattern", pattern);
  return files;
}

}  // namespace

std::vector<std::string> collect_images(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& given : paths) {
    const std::string path = existing_form(given);
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      const auto below = images_in(path);
      files.insert(files.end(), below.begin(), below.end());
    } else if (!fs::exists(path, ignored) && path.find_first_of("*?[") != std::string::npos) {
      const auto matched = matches_of(path);
      const auto images = collect_images(matched);
      files.insert(files.end(), images.begin(), images.end());
    } else {
      files.push_back(path);
    }
  }
  return files;
}

}  // namespace evax::tasks
