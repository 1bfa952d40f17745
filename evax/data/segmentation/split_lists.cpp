#include "evax/data/segmentation/split_lists.h"

#include "evax/core/error.h"
#include "evax/core/text.h"

namespace evax::data {
namespace {

std::set<std::string> read_names(const std::string& path) {
  std::set<std::string> names;
  if (path.empty()) return names;
  for_each_line(read_text(path), [&](std::string_view line, size_t) { names.emplace(line); });
  if (names.empty()) fail("{}: expected a name of an image a line, found none", path);
  return names;
}

}  // namespace

SplitLists::SplitLists(const std::string& train, const std::string& test)
    : train_(read_names(train)), test_(read_names(test)) {
  for (const std::string& name : train_)
    if (test_.contains(name)) fail("{}: expected no name of {}, found {}", test, train, name);
}

std::string SplitLists::part_of(const std::string& name) const {
  if (train_.empty() && test_.empty()) return "all";
  if (train_.contains(name)) return "train";
  if (test_.contains(name)) return "test";
  if (train_.empty()) return "train";
  return test_.empty() ? "test" : "";
}

std::set<std::string> SplitLists::names() const {
  std::set<std::string> names = train_;
  names.insert(test_.begin(), test_.end());
  return names;
}

}  // namespace evax::data
