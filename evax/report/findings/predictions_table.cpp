#include "evax/report/findings/predictions_table.h"

#include <charconv>
#include <set>

#include "evax/core/error.h"

namespace evax::report {

void check_columns(const CsvTable& table) {
  const std::vector<std::string>& names = table.columns();
  if (names[0] != "path")
    fail("{}: expected 'path' as first column, found '{}'", table.path(), names[0]);
  std::set<std::string> seen;
  for (const std::string& name : names)
    if (!seen.insert(name).second)
      fail("{}: expected each column once, found '{}' twice", table.path(), name);
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

}  // namespace evax::report
