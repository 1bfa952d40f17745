#include "evax/tasks/inputs.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "evax/core/error.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/jpeg.h"
#include "evax/image/png.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

bool has_image_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 5> known{".png", ".jpg", ".jpeg", ".dcm", ".dicom"};
  return std::find(known.begin(), known.end(), extension) != known.end();
}

// DICOM files often have no extension, or a UID's last number as one: their content decides.
bool looks_like_image(const fs::path& path) {
  if (has_image_extension(path)) return true;
  std::array<char, 512> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const auto bytes = std::as_bytes(std::span(head).first(static_cast<size_t>(file.gcount())));
  return image::is_png(bytes) || image::is_jpeg(bytes) || image::is_dicom(bytes);
}

std::vector<std::string> images_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    const bool hidden = path.filename().string().starts_with('.');
    std::error_code ignored;
    if (hidden && entry->is_directory(ignored)) entry.disable_recursion_pending();
    if (!hidden && entry->is_regular_file(ignored) && looks_like_image(path))
      files.push_back(path.string());
  }
  if (error) fail("{}: {}", folder, error.message());
  if (files.empty())
    fail("{}: expected PNG, JPEG or DICOM files in this folder, found none", folder);
  std::sort(files.begin(), files.end());
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
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      const auto below = images_below(path);
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
