#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "evax/core/csv.h"

namespace evax::report {

/// Throws Error unless the first column is `path` and no column comes twice.
void check_columns(const CsvTable& table);

/// The paths of a list, each of which comes once.
class UniquePaths {
 public:
  /// Takes the path of the row; throws Error, naming both lines, for one that was there before.
  void add(const CsvTable& table);

 private:
  std::unordered_map<std::string, size_t> lines_;
};

/// The whole text as a number; empty where it is none.
std::optional<double> number_of(const std::string& text);

}  // namespace evax::report
