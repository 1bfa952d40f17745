#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "evax/data/dataset.h"
#include "evax/data/summary.h"

namespace evax::data {

/// Two images that show the same, of two lists or of one.
struct Twin {
  std::string path, other;
  int distance = 0;       // of the perceptual hashes, in bits of 256
  bool opposite = false;  // of one list: their labels contradict each other
};

/// Different files of a list that have one name, in different folders.
struct SharedName {
  std::string name;
  std::vector<std::string> paths;
};

/// What opening every image of one list showed.
struct ListCheck {
  std::string name;               // train, val or test
  std::string source;             // the list or folder
  std::vector<std::string> meta;  // its columns that are not classes
  Summary summary;                // of a segmentation list: in how many masks a class is
  std::vector<std::string> missing;
  std::vector<std::pair<std::string, std::string>> unreadable;  // path and reason
  std::vector<std::string> constant;                            // every pixel has the same value
  std::vector<std::string> absent_classes;  // without a positive, or without a negative
                                            // (not of masks)
  std::vector<Twin> repeated;  // a file that is listed again, under whatever spelling of its path
  std::vector<Twin> copies;    // another file with the same pixels
  std::vector<SharedName> shared_names;
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
  size_t broken() const;          // missing or unreadable files
  size_t contradictions() const;  // images that are in one list twice, with opposite labels
};

/// Opens every image of every list on `threads` threads, with a progress bar, and compares the
/// lists.
CheckResult check(const Splits& splits, size_t threads);

}  // namespace evax::data
