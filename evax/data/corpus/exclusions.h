#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "evax/data/corpus/config.h"
#include "evax/data/corpus/sources.h"

namespace evax::data {

/// The test images that lists name. A list's entry means every image whose path ends with it, by
/// whole components and whatever the extension: "00000013_005.png" the file of that name in any
/// folder, "valid/patient64541/study1/view1_frontal.jpg" (the archive's name left out) that of
/// CheXpert.
class Exclusions {
 public:
  /// Reads the lists. Throws Error: list and line, the column or field that was expected.
  explicit Exclusions(const std::vector<CorpusExclusion>& exclusions);

  /// Whether the lists of an exclusion name the image.
  bool name(size_t exclusion, const std::string& source, const SourceImage& image) const;
  /// Whether they name an image of its patient by an NIH file name ("00000013_005.png"), and the
  /// exclusion takes whole patients.
  bool name_nih_patient(size_t exclusion, const std::string& source,
                        const SourceImage& image) const;
  /// What the lists of an exclusion name, in their order and as written, the archive left out.
  const std::vector<std::string>& entries(size_t exclusion) const {
    return lists_[exclusion].entries;
  }

 private:
  struct List {
    const CorpusExclusion* exclusion;
    std::vector<std::string> entries;
    std::unordered_set<std::string_view> keys;  // entries without their extension
    std::unordered_set<std::string> nih_patients;
  };
  static bool means(const List& list, const std::string& source);

  std::vector<List> lists_;
};

}  // namespace evax::data
