#pragma once

#include <string>
#include <vector>

#include "evax/core/csv.h"
#include "evax/core/utf8.h"

namespace evax::data {

/// corpus.csv (CorpusPlan::table), row by row. Throws Error as CsvTable does.
class PlanTable {
 public:
  explicit PlanTable(const std::string& path) : table_(path) {
    for (const char* name : {"source", "path", "patient", "view", "reason", "detail"})
      places_.push_back(table_.column(name));
  }
  bool next() { return table_.next(); }
  void rewind() { table_.rewind(); }
  const std::string& source() const { return table_[places_[0]]; }
  std::string path() const { return from_utf8(table_[places_[1]]); }
  std::string patient() const { return from_utf8(table_[places_[2]]); }
  std::string view() const { return from_utf8(table_[places_[3]]); }
  const std::string& reason() const { return table_[places_[4]]; }
  std::string detail() const { return from_utf8(table_[places_[5]]); }
  bool is_packed() const { return reason().empty(); }
  std::string name() const { return source() + '/' + path(); }

 private:
  CsvTable table_;
  std::vector<size_t> places_;
};

}  // namespace evax::data
