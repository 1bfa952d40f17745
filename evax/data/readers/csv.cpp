#include "evax/core/csv.h"

#include <algorithm>
#include <set>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/core/utf8.h"
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

size_t path_column(const CsvTable& table) {
  const auto refuse = [&](const char* name, const char* kind) {
    fail("{}: expected a column 'path', found '{}': data.kind = \"{}\" reads such lists",
         table.path(), name, kind);
  };
  if (!table.find("path") && table.find("Image Index") && table.find("Finding Labels"))
    refuse("Image Index", "cxr14");
  if (!table.find("path") && table.find("Path") && table.find("Pleural Effusion"))
    refuse("Path", "chexpert");
  return table.column("path");
}

// The columns of which at least half of what is filled in are labels. Not all of it: a slip in one
// cell must not take a class away without a word, read_labels() names it.
std::vector<std::string> label_columns(CsvTable& table, const std::set<size_t>& others) {
  struct Count {
    size_t labels = 0, other = 0;
  };
  std::vector<Count> counts(table.columns().size());
  while (table.next())
    for (size_t i = 0; i < counts.size(); ++i)
      if (!field_value(table[i]).empty())
        ++(parse_label(table[i]) ? counts[i].labels : counts[i].other);
  table.rewind();
  std::vector<std::string> names;
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i].labels > 0 && counts[i].labels >= counts[i].other && !others.contains(i))
      names.push_back(table.columns()[i]);
  return names;
}

std::vector<std::string> class_names(CsvTable& table, size_t label) {
  std::set<std::string> names;
  while (table.next()) names.emplace(field_value(table[label]));
  table.rewind();
  names.erase("");
  return {names.begin(), names.end()};
}

int class_index(const CsvTable& table, size_t label, const std::vector<std::string>& classes) {
  const std::string_view name = trim(table[label]);
  if (name.empty()) fail("{} line {}: expected a class, found nothing", table.path(), table.line());
  const auto found = std::find(classes.begin(), classes.end(), name);
  if (found == classes.end() && field_value(name).empty())
    fail("{} line {}: expected a class, found '{}', which means a missing value", table.path(),
         table.line(), name);
  if (found == classes.end())
    fail("{} line {}: expected a class of {}, found '{}'", table.path(), table.line(),
         fmt::join(classes, ", "), name);
  return static_cast<int>(found - classes.begin());
}

// The column that makes it a list for segmentation.
std::optional<size_t> mask_column(const CsvTable& table, const DataConfig& config) {
  const bool is_meta =
      std::find(config.meta.begin(), config.meta.end(), "mask") != config.meta.end();
  return is_meta ? std::nullopt : table.find("mask");
}

std::string file_in(const CsvTable& table, size_t column, const std::string& folder,
                    std::string_view what) {
  const std::string_view name = field_value(table[column]);
  if (name.empty())
    fail("{} line {}: expected a {}, found {}", table.path(), table.line(), what,
         trim(table[column]).empty() ? "nothing" : "'" + table[column] + "'");
  return join_path(folder, from_utf8(name));  // as evax itself writes lists
}

// What the columns of a list are for.
class Columns {
 public:
  Columns(CsvTable& table, const DataConfig& config, Dataset& dataset)
      : table_(table),
        config_(config),
        path_(path_column(table)),
        patient_(patient_column(table, config)),
        mask_(mask_column(table, config)) {
    if (!mask_) label_ = table.find("label");
    dataset.classes = config.classes;
    if (mask_)
      set_masks(dataset);
    else if (label_)
      set_exclusive(dataset);
    else
      set_labels(dataset);
    std::set<size_t> known(labels_.begin(), labels_.end());
    known.insert(path_);
    for (const auto& column : {patient_, mask_, label_})
      if (column) known.insert(*column);
    meta_ = keep_meta(table, known, dataset);
  }

  // The table's row as a sample of the list.
  void read_row(List& list) const {
    const std::string path = file_in(table_, path_, config_.images, "path");
    Sample& sample = list.dataset.samples.emplace_back();
    sample.path = path;
    sample.patient = patient_ ? std::string(field_value(table_[*patient_])) : nih_patient(path);
    for (const size_t column : meta_) sample.meta.emplace_back(trim(table_[column]));
    if (mask_)
      sample.mask = file_in(table_, *mask_, mask_folder(), "mask of " + printable(path));
    else if (label_)
      sample.label = class_index(table_, *label_, list.dataset.classes);
    else
      read_labels(table_, labels_, list, sample, hint_);
  }

 private:
  const std::string& mask_folder() const {
    return config_.masks.empty() ? config_.images : config_.masks;
  }

  void set_masks(Dataset& dataset) const {
    dataset.task = weights::Task::segmentation;
    dataset.mask_values = mask_values_from_name(config_.mask_values);
    if (dataset.classes.empty()) dataset.classes = {"target"};
    check_mask_classes(dataset.classes.size(), table_.path());
  }

  void set_exclusive(Dataset& dataset) {
    dataset.task = weights::Task::multiclass;
    if (dataset.classes.empty()) dataset.classes = class_names(table_, *label_);
  }

  void set_labels(Dataset& dataset) {
    std::set<size_t> others{path_};
    if (patient_) others.insert(*patient_);
    for (const std::string& name : config_.meta) others.insert(table_.column(name));
    if (dataset.classes.empty()) {
      dataset.classes = label_columns(table_, others);
      hint_ = " (data.meta names columns that are not labels)";
    }
    for (const std::string& name : dataset.classes) labels_.push_back(table_.column(name));
    if (labels_.empty() && config_.labels) refuse_without_labels(others);
  }

  // A list of paths (and patients) alone is meant to be unlabelled.
  void refuse_without_labels(const std::set<size_t>& others) const {
    std::vector<std::string> left;
    for (size_t i = 0; i < table_.columns().size(); ++i)
      if (!others.contains(i)) left.push_back(table_.columns()[i]);
    if (!left.empty())
      fail(
          "{}: expected a column 'label' or columns of labels (1, 0, -1 or blank), found {} "
          "without "
          "any; data.meta names columns that are not labels",
          table_.path(), fmt::join(left, ", "));
  }

  CsvTable& table_;
  const DataConfig& config_;
  size_t path_;
  std::optional<size_t> patient_, mask_, label_;
  std::vector<size_t> labels_, meta_;
  std::string_view hint_;  // for a label that is none, where the columns told the classes
};

}  // namespace

List read_csv(const std::string& list, const DataConfig& config, Role) {
  CsvTable table(list);
  List result;
  const Columns columns(table, config, result.dataset);
  while (table.next()) columns.read_row(result);
  return result;
}

}  // namespace evax::data
