#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "evax/data/dataset.h"

namespace evax::data {

/// Where `name` lies below `folder`; an absolute name stays as it is.
std::string join_path(const std::string& folder, const std::string& name);

/// The path without "./", "//" and "x/../".
std::string plain_path(const std::string& path);

/// The first of `preferred` (names of sub-folders) that is a folder, then `root` itself.
std::vector<std::string> folders_of(const std::string& root,
                                    const std::vector<std::string>& preferred);

/// Finds files by name in a few large folders, each listed once: much faster than asking the file
/// system for every one of 112,120 names.
class FileIndex {
 public:
  /// The first folder that holds a name wins.
  explicit FileIndex(std::vector<std::string> folders);

  /// The path of `name`; in the first folder where none holds it.
  std::string locate(const std::string& name) const;

 private:
  std::vector<std::string> folders_;
  std::unordered_map<std::string, uint32_t> folder_of_;
};

/// Indices of the samples whose file, or whose mask's, is not there (never those of shards).
std::vector<uint32_t> missing_files(const Dataset& dataset);

/// The missing file of one of these samples: the image, else its mask.
const std::string& missing_file(const Sample& sample);

}  // namespace evax::data
