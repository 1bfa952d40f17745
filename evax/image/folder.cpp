#include "evax/image/folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "evax/core/error.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/jpeg.h"
#include "evax/image/png.h"

namespace evax::image {

namespace fs = std::filesystem;

bool has_image_extension(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 5> known{".png", ".jpg", ".jpeg", ".dcm", ".dicom"};
  return std::find(known.begin(), known.end(), extension) != known.end();
}

bool is_passed_over(const std::string& name) {
  constexpr auto leftovers =
      std::to_array<std::string_view>({"__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN",
                                       "System Volume Information", "lost+found"});
  return name.starts_with('.') ||
         std::find(leftovers.begin(), leftovers.end(), name) != leftovers.end();
}

bool looks_like_image(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  if (has_image_extension(path)) return true;
  std::array<char, 512> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const auto bytes = std::as_bytes(std::span(head).first(static_cast<size_t>(file.gcount())));
  return is_png(bytes) || is_jpeg(bytes) || is_dicom(bytes);
}

std::vector<std::string> images_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    const bool left_out = is_passed_over(path.filename().string());
    std::error_code ignored;
    if (left_out && entry->is_directory(ignored)) entry.disable_recursion_pending();
    if (!left_out && entry->is_regular_file(ignored) && looks_like_image(path))
      files.push_back(path.string());
  }
  if (error) fail("{}: {}", folder, error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace evax::image
