#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/data/summary.h"

namespace evax::data {

/// What opening every image of one list showed.
struct ListCheck {
  std::string name;    // train, val or test
  std::string source;  // the list or folder
  Summary summary;     // of a segmentation list: in how many masks a class is
  std::vector<std::string> missing;
  std::vector<std::pair<std::string, std::string>> unreadable;  // path and reason
  std::vector<std::string> constant;                            // every pixel has the same value
  std::vector<std::string> absent_classes;  // without a positive, or without a negative
                                            // (not of masks)
};

/// Two images of different lists that show the same.
struct Twin {
  std::string path, other;
  int distance = 0;  // of the perceptual hashes, in bits of 256
};

/// What two lists share; one twin for every image of the second list that has any.
struct PairCheck {
  std::string name, other;  // of the lists
  std::vector<std::string> patients;
  std::vector<Twin> identical;  // the same pixels (SHA-256)
  std::vector<Twin>
      near_identical;  // within near_identical (perceptual_hash.h), not the same pixels
};

struct CheckResult {
  std::vector<std::string> classes;
  std::vector<ListCheck> lists;
  std::vector<PairCheck> pairs;

  /// Patients or identical images in two lists. Near-identical ones are for a person to look at.
  bool leaks() const;
  size_t broken() const;  // missing or unreadable files
};

/// Opens every image of every list on `threads` threads, with a progress bar, and compares the
/// lists.
CheckResult check(const Splits& splits, size_t threads);

}  // namespace evax::data
