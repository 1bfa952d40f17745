#pragma once

#include <set>
#include <string>

namespace evax::data {

/// Which images are for training and which for the test, by files with a name a line.
class SplitLists {
 public:
  /// An empty path: no list. Throws Error when a list is empty or a name is in both.
  SplitLists(const std::string& train, const std::string& test);

  /// "train" or "test"; "all" without lists; empty for a name in neither of two lists. With one
  /// list the rest makes the other.
  std::string part_of(const std::string& name) const;
  /// Names of both lists.
  std::set<std::string> names() const;

 private:
  std::set<std::string> train_, test_;
};

}  // namespace evax::data
