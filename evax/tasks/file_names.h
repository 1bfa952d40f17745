#pragma once

#include <set>
#include <string>

namespace evax::tasks {

/// Names that are all different: one that is taken already continues with _2, _3, ...
class DistinctNames {
 public:
  std::string of(const std::string& name);

 private:
  std::set<std::string> taken_;
};

/// FOLDER/STEM, the common start of the names of each image's files; all different.
class Stems {
 public:
  explicit Stems(std::string folder) : folder_(std::move(folder)) {}
  std::string of(const std::string& path);

 private:
  std::string folder_;
  DistinctNames names_;
};

/// A class's name as a part of a file name: unsuitable characters become _.
std::string file_name_of(const std::string& class_name);

}  // namespace evax::tasks
