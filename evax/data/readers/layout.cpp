#include "evax/data/readers/layout.h"

#include <algorithm>
#include <filesystem>

#include "evax/data/readers/files.h"

namespace evax::data {

namespace fs = std::filesystem;

std::vector<std::string> nih_folders(const std::string& root) {
  std::vector<std::string> folders{root};
  std::error_code error;
  for (fs::directory_iterator entry(root, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name != "images" && !name.starts_with("images_")) continue;
    folders.push_back(join_path(root, name));
    folders.push_back(join_path(folders.back(), "images"));
  }
  std::sort(folders.begin() + 1, folders.end());
  return folders;
}

std::string_view without_archive(std::string_view path) {
  if (path.starts_with("CheXpert-v1.0")) path.remove_prefix(path.find('/') + 1);
  return path;
}

std::string_view chexpert_side(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.find("_frontal") != std::string_view::npos) return "Frontal";
  return name.find("_lateral") != std::string_view::npos ? "Lateral" : "";
}

std::string_view chexpert_patient(std::string_view path) {
  if (!path.starts_with("patient")) {
    const size_t begin = path.find("/patient");
    if (begin == std::string_view::npos) return {};
    path.remove_prefix(begin + 1);
  }
  return path.substr(0, path.find('/'));
}

}  // namespace evax::data
