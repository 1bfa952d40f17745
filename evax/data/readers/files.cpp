#include "evax/data/readers/files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <unordered_set>

#include "evax/core/error.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

// A folder's names are listed when at least this many of its files are asked for.
constexpr size_t worth_listing = 16;

template <typename Body>
void for_each_name(const std::string& folder, Body body) {
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    body(entry->path().filename().string());
}

}  // namespace

std::string join_path(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / name).string();
}

std::vector<std::string> folders_of(const std::string& root,
                                    const std::vector<std::string>& preferred) {
  std::vector<std::string> folders;
  for (const std::string& name : preferred) {
    std::error_code ignored;
    const std::string folder = join_path(root, name);
    if (fs::is_directory(folder, ignored)) folders.push_back(folder);
  }
  folders.push_back(root);
  return folders;
}

FileIndex::FileIndex(std::vector<std::string> folders) : folders_(std::move(folders)) {
  for (uint32_t i = 0; i < folders_.size(); ++i)
    for_each_name(folders_[i],
                  [&](std::string name) { folder_of_.try_emplace(std::move(name), i); });
}

std::string FileIndex::locate(const std::string& name) const {
  const auto found = folder_of_.find(name);
  return join_path(folders_.at(found == folder_of_.end() ? 0 : found->second), name);
}

std::vector<uint32_t> missing_files(const Dataset& dataset) {
  std::unordered_map<std::string_view, std::vector<uint32_t>> by_folder;
  const auto name_at = [&](uint32_t i) { return dataset.samples[i].path.rfind('/') + 1; };
  for (uint32_t i = 0; i < dataset.size(); ++i)
    if (const Sample& sample = dataset.samples[i]; !sample.shard)
      by_folder[std::string_view(sample.path).substr(0, name_at(i))].push_back(i);

  std::vector<uint32_t> missing;
  for (const auto& [folder, indices] : by_folder) {
    std::unordered_set<std::string> names;
    const bool listed = indices.size() >= worth_listing;
    if (listed)
      for_each_name(folder.empty() ? "." : std::string(folder),
                    [&](std::string name) { names.insert(std::move(name)); });
    for (const uint32_t i : indices) {
      const std::string& path = dataset.samples[i].path;
      std::error_code ignored;
      if (listed ? !names.contains(path.substr(name_at(i))) : !fs::exists(path, ignored))
        missing.push_back(i);
    }
  }
  std::sort(missing.begin(), missing.end());
  return missing;
}

}  // namespace evax::data
