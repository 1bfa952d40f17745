#include "evax/image/folder.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>

#include "evax/core/error.h"
#include "evax/image/dicom/dicom.h"
#include "evax/image/dicom/no_picture.h"
#include "evax/image/jpeg/jpeg.h"
#include "evax/image/png/png.h"

namespace evax::image {

namespace fs = std::filesystem;

namespace {

template <size_t count>
bool ends_with_one_of(const std::string& path, const std::array<std::string_view, count>& known) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(known.begin(), known.end(), extension) != known.end();
}

constexpr std::array<std::string_view, 3> picture_extensions{".png", ".jpg", ".jpeg"};
constexpr std::array<std::string_view, 2> dicom_extensions{".dcm", ".dicom"};

std::vector<std::byte> head_of(const std::string& path) {
  std::vector<std::byte> head(head_bytes);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(file.gcount()));
  return head;
}

}  // namespace

bool is_passed_over(const std::string& name) {
  constexpr auto leftovers =
      std::to_array<std::string_view>({"__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN",
                                       "System Volume Information", "lost+found"});
  return name.starts_with('.') ||
         std::find(leftovers.begin(), leftovers.end(), name) != leftovers.end();
}

bool has_image_extension(const std::string& path) {
  return ends_with_one_of(path, picture_extensions) || ends_with_one_of(path, dicom_extensions);
}

bool looks_like_image(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return false;
  if (has_image_extension(path)) return true;
  const std::vector<std::byte> head = head_of(path);
  return is_png(head) || is_jpeg(head) || is_dicom(head);
}

void PassedOver::add(const PassedOver& more) {
  for (const auto& [what, count] : more.objects) objects[what] += count;
}

std::string PassedOver::sentence() const {
  size_t all = 0;
  std::vector<std::string> words;
  for (const auto& [what, count] : objects) {
    all += count;
    words.push_back(count == 1 ? what : fmt::format("{} x {}", count, what));
  }
  if (all == 0) return {};
  return fmt::format("{} without an image {} skipped ({})",
                     all == 1 ? "a DICOM object" : fmt::format("{} DICOM objects", all),
                     all == 1 ? "is" : "are", fmt::join(words, ", "));
}

bool pass_over(const std::string& path, PassedOver& passed_over) {
  if (ends_with_one_of(path, picture_extensions)) return false;  // not opened for that
  const std::string_view what = no_picture(head_of(path));
  if (!what.empty()) ++passed_over.objects[std::string(what)];
  return !what.empty();
}

std::vector<std::string> images_below(const std::string& folder, PassedOver* passed_over) {
  std::vector<std::string> files;
  PassedOver counted;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    const bool left_out = is_passed_over(path.filename().string());
    std::error_code ignored;
    if (left_out && entry->is_directory(ignored)) entry.disable_recursion_pending();
    if (left_out || !entry->is_regular_file(ignored) || !looks_like_image(path)) continue;
    if (!pass_over(path, counted)) files.push_back(path.string());
  }
  if (error) fail("{}: {}", folder, error.message());
  if (passed_over != nullptr) passed_over->add(counted);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace evax::image
