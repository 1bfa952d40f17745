#include "evax/data/readers/fields.h"

#include <charconv>

#include "evax/core/error.h"
#include "evax/core/text.h"

namespace evax::data {

void split_fields(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  for (line = trim(line); !line.empty(); line = trim(line)) {
    fields.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(fields.back().size());
  }
}

std::optional<size_t> find_any(const CsvTable& table,
                               std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto column = table.find(name)) return column;
  return std::nullopt;
}

std::optional<size_t> find_patient(const CsvTable& table) {
  return find_any(table, {"patient", "patientid", "Patientid"});
}

std::optional<float> parse_label(std::string_view text) {
  text = trim(text);
  constexpr size_t longest_word = 5;
  if (text.size() <= longest_word) {
    const std::string word = lower_case(text);
    if (word == "true" || word == "yes") return 1.0F;
    if (word == "false" || word == "no") return 0.0F;
  }
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (value != 0 && value != 1 && value != -1)) return std::nullopt;
  return value;
}

void read_labels(const CsvTable& table, const std::vector<size_t>& columns, List& list,
                 Sample& sample, std::string_view hint) {
  sample.labels.reserve(columns.size());
  for (const size_t column : columns) {
    const bool blank = field_value(table[column]).empty();
    const auto label = blank ? 0.0F : parse_label(table[column]);
    if (!label)
      fail("{} line {}: expected 1, 0, -1 or blank in column '{}', found '{}'{}", table.path(),
           table.line(), table.columns()[column], table[column], hint);
    list.blank += blank ? 1 : 0;
    sample.labels.push_back(*label);
  }
}

std::vector<size_t> keep_meta(const CsvTable& table, const std::set<size_t>& known,
                              Dataset& dataset) {
  std::vector<size_t> places;
  for (size_t i = 0; i < table.columns().size(); ++i) {
    if (known.contains(i)) continue;
    places.push_back(i);
    dataset.meta.push_back(table.columns()[i]);
  }
  return places;
}

void check_kind_classes(const DataConfig& config, const std::vector<std::string>& classes) {
  if (!config.classes.empty() && config.classes != classes)
    fail("data.classes: expected {} for the kind {}, found {}", fmt::join(classes, ", "),
         config.kind, fmt::join(config.classes, ", "));
}

}  // namespace evax::data
