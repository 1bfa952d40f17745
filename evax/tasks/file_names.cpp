#include "evax/tasks/file_names.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>

namespace evax::tasks {

std::string DistinctNames::of(const std::string& name) {
  std::string distinct = name;
  for (int n = 2; !taken_.insert(distinct).second; ++n) distinct = fmt::format("{}_{}", name, n);
  return distinct;
}

std::string Stems::of(const std::string& path) {
  return folder_ + "/" + names_.of(std::filesystem::path(path).stem().string());
}

std::string file_name_of(const std::string& class_name) {
  std::string name = class_name;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
  return name;
}

}  // namespace evax::tasks
