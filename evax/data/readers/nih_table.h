#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/core/csv.h"
#include "evax/data/dataset.h"

namespace evax::data {

/// The NIH's own table of ChestX-ray14, Data_Entry_2017.csv: a row an image, its findings as
/// "Mass|Nodule" or "No Finding". Throws Error: file and line, what was expected, what was found.
class NihTable {
 public:
  /// `classes`: the findings, in the order of the labels.
  NihTable(const std::string& path, const std::vector<std::string>& classes);

  /// Whether a list is this table, by its first column.
  static bool is_one(std::string_view text) {
    return text.starts_with("Image Index,") || text.starts_with("\"Image Index\",");
  }
  /// The table beside `list` or in the folder `images`, plain or gzip.
  static std::optional<std::string> find(const std::string& list, const std::string& images);

  /// Names of the columns that are kept: age, sex and view.
  const std::vector<std::string>& meta() const { return meta_names_; }
  /// The next image: its name, and `sample` but for the path. False at the end.
  bool next(std::string& name, Sample& sample);

 private:
  std::vector<float> labels() const;

  CsvTable table_;
  const std::vector<std::string>& classes_;
  size_t name_, findings_;
  std::optional<size_t> patient_;
  std::vector<size_t> meta_;
  std::vector<std::string> meta_names_;
};

}  // namespace evax::data
