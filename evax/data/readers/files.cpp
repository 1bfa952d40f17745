#include "evax/data/readers/files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <unordered_set>

#include "evax/core/error.h"
#include "evax/core/normal_form.h"

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

// Appends to `missing` the samples of which a file, their image's or their mask's, is not there.
void add_missing(const Dataset& dataset, std::string Sample::*file,
                 std::vector<uint32_t>& missing) {
  std::unordered_map<std::string_view, std::vector<uint32_t>> by_folder;
  const auto path_of = [&](uint32_t i) -> const std::string& { return dataset.samples[i].*file; };
  const auto name_at = [&](uint32_t i) { return path_of(i).rfind('/') + 1; };
  for (uint32_t i = 0; i < dataset.size(); ++i)
    if (!dataset.samples[i].shard && !path_of(i).empty())
      by_folder[std::string_view(path_of(i)).substr(0, name_at(i))].push_back(i);

  for (const auto& [folder, indices] : by_folder) {
    std::unordered_set<std::string> names;
    const bool listed = indices.size() >= worth_listing;
    if (listed)
      for_each_name(folder.empty() ? "." : std::string(folder),
                    [&](std::string name) { names.insert(std::move(name)); });
    for (const uint32_t i : indices) {
      std::error_code ignored;
      const bool there =
          listed ? names.contains(path_of(i).substr(name_at(i))) : fs::exists(path_of(i), ignored);
      if (!there && existing_form(path_of(i)) == path_of(i)) missing.push_back(i);
    }
  }
}

}  // namespace

std::string join_path(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / name).string();
}

std::string plain_path(const std::string& path) {
  const bool plain = path.find("./") == std::string::npos && path.find("//") == std::string::npos;
  return plain ? path : fs::path(path).lexically_normal().string();
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
  std::vector<uint32_t> missing;
  add_missing(dataset, &Sample::path, missing);
  add_missing(dataset, &Sample::mask, missing);
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

const std::string& missing_file(const Sample& sample) {
  std::error_code ignored;
  return sample.mask.empty() || !fs::exists(sample.path, ignored) ? sample.path : sample.mask;
}

}  // namespace evax::data
