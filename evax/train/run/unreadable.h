#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "evax/data/dataset.h"

namespace evax::train {

/// Throws Error, naming the first, when more than 1 % of a list's files are missing. Said before
/// hours of training: unreadable images are an error past 1 % anyway.
void check_files(const data::Dataset& list);

/// The images that could not be read while training: reported once each, listed in unreadable.csv
/// of the run folder (unreadable_rankN.csv by rank N > 0), and an Error when they are more than 1 %
/// of the data set.
class UnreadableImages {
 public:
  UnreadableImages(const data::Dataset& dataset, const std::string& folder, int rank);

  /// `found`: sample index and reason, as in data::Batch.
  void add(const std::vector<std::pair<uint32_t, std::string>>& found);
  size_t count() const { return paths_.size(); }

 private:
  void write() const;

  const data::Dataset& dataset_;
  std::string path_;
  std::set<std::string> paths_;
  std::vector<std::pair<std::string, std::string>> rows_;  // path, reason
};

}  // namespace evax::train
