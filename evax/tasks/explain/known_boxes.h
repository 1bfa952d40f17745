#pragma once

#include <map>
#include <string>
#include <vector>

#include "evax/data/localization/boxes.h"
#include "evax/report/explain/page.h"
#include "evax/weights/config.h"

namespace evax::tasks {

/// Boxes that people drew around findings, for the page. A box is on every image whose path ends
/// with the name that the list has.
class KnownBoxes {
 public:
  /// list: as data::BoxConfig::boxes. A label that one of `classes` is called like is that class.
  /// Throws Error: list and line, expected, found.
  KnownBoxes(const std::string& list, const std::vector<std::string>& classes);

  /// Those on an X-ray of this size; one without a pixel on it is warned of, counted and skipped.
  std::vector<report::TruthBox> on(const std::string& path, int width, int height,
                                   const weights::Preprocess& preprocess);

  /// "12 of boxes.csv on 10 images; 1 skipped": what on() gave so far.
  std::string summary() const;

 private:
  data::BoxList list_;
  std::multimap<std::string, size_t> findings_;  // by the file's name without folders
  size_t shown_ = 0, images_ = 0, skipped_ = 0;
};

}  // namespace evax::tasks
