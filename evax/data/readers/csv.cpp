#include "evax/core/csv.h"

#include <algorithm>
#include <set>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/fields.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/readers.h"

namespace evax::data {
namespace {

std::optional<size_t> patient_column(const CsvTable& table, const DataConfig& config) {
  if (config.split && !config.split->patient_column.empty())
    return table.column(config.split->patient_column);
  return table.find("patient");
}

// The columns that hold nothing but 1, 0, -1 and blanks, and not blanks alone.
std::vector<std::string> label_columns(CsvTable& table, const std::set<size_t>& others) {
  const size_t count = table.columns().size();
  std::vector<bool> fits(count, true);
  std::vector<bool> filled(count, false);
  while (table.next())
    for (size_t i = 0; i < count; ++i) {
      if (!fits[i] || trim(table[i]).empty()) continue;
      filled[i] = true;
      fits[i] = parse_label(table[i]).has_value();
    }
  table.rewind();
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i)
    if (fits[i] && filled[i] && !others.contains(i)) names.push_back(table.columns()[i]);
  return names;
}

std::vector<std::string> class_names(CsvTable& table, size_t label) {
  std::set<std::string> names;
  while (table.next()) names.emplace(trim(table[label]));
  table.rewind();
  return {names.begin(), names.end()};
}

int class_index(const CsvTable& table, size_t label, const std::vector<std::string>& classes) {
  const std::string_view name = trim(table[label]);
  const auto found = std::find(classes.begin(), classes.end(), name);
  if (found == classes.end())
    fail("{} line {}: expected a class of {}, found '{}'", table.path(), table.line(),
         fmt::join(classes, ", "), name);
  return static_cast<int>(found - classes.begin());
}

}  // namespace

List read_csv(const std::string& list, const DataConfig& config, Role) {
  CsvTable table(list);
  const size_t path = table.column("path");
  const auto patient = patient_column(table, config);
  const auto label = table.find("label");

  List result;
  Dataset& dataset = result.dataset;
  dataset.classes = config.classes;
  std::vector<size_t> columns;
  if (label) {
    dataset.task = weights::Task::multiclass;
    if (dataset.classes.empty()) dataset.classes = class_names(table, *label);
  } else {
    std::set<size_t> others{path};
    if (patient) others.insert(*patient);
    for (const std::string& name : config.meta) others.insert(table.column(name));
    if (dataset.classes.empty()) dataset.classes = label_columns(table, others);
    for (const std::string& name : dataset.classes) columns.push_back(table.column(name));
  }

  std::set<size_t> known(columns.begin(), columns.end());
  known.insert(path);
  if (label) known.insert(*label);
  if (patient) known.insert(*patient);
  const std::vector<size_t> meta = keep_meta(table, known, dataset);

  while (table.next()) {
    const std::string_view name = trim(table[path]);
    if (name.empty()) fail("{} line {}: expected a path, found nothing", list, table.line());
    Sample& sample = dataset.samples.emplace_back();
    sample.path = join_path(config.images, std::string(name));
    sample.patient = patient ? std::string(trim(table[*patient])) : nih_patient(std::string(name));
    for (const size_t column : meta) sample.meta.emplace_back(trim(table[column]));
    if (label) {
      if (trim(table[*label]).empty())
        fail("{} line {}: expected a class, found nothing", list, table.line());
      sample.label = class_index(table, *label, dataset.classes);
    } else {
      read_labels(table, columns, result, sample);
    }
  }
  return result;
}

}  // namespace evax::data
