#include "evax/report/findings/predictions_file.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <span>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/report/findings/predictions_table.h"

namespace evax::report {
namespace {

using metrics::Predictions;

constexpr std::string_view label_prefix = "label_";
constexpr std::string_view probability_prefix = "prob_";

bool knows_patients(const Predictions& predictions) {
  return std::any_of(predictions.patients.begin(), predictions.patients.end(),
                     [](const std::string& patient) { return !patient.empty(); });
}

// Names that read_predictions would take for something else.
void check_names(const Predictions& predictions) {
  const auto check_trimmed = [](const char* what, const std::string& name) {
    if (name.empty() || trim(name) != name)
      fail("predictions.csv: expected a {} with a name and no blanks around it, found '{}'", what,
           name);
  };
  std::set<std::string> classes;
  for (const std::string& name : predictions.classes) {
    check_trimmed("class", name);
    if (!classes.insert(name).second)
      fail("predictions.csv: expected classes with different names, found two called '{}'", name);
  }
  for (const auto& [name, values] : predictions.meta) {
    check_trimmed("column", name);
    if (name == "path" || name == "label" || name == "predicted" || name == "patient" ||
        name.starts_with(label_prefix) || name.starts_with(probability_prefix))
      fail(
          "predictions.csv: expected a column of meta data not to be called path, label, "
          "predicted, patient, label_... or prob_..., found '{}'",
          name);
  }
}

std::string header(const Predictions& predictions) {
  std::string line = "path";
  for (const std::string& name : predictions.classes)
    line += fmt::format(",{},{}", csv_field(std::string(label_prefix) + name),
                        csv_field(std::string(probability_prefix) + name));
  if (predictions.exclusive) line += ",label,predicted";
  if (knows_patients(predictions)) line += ",patient";
  for (const auto& [name, values] : predictions.meta) line += "," + csv_field(name);
  return line + "\n";
}

// The columns of a file, checked.
struct Columns {
  std::vector<std::string> classes;  // their label and probability columns are 1, 2, 3, 4, ...
  std::optional<size_t> label;       // exclusive
  std::optional<size_t> patient;
  std::vector<size_t> meta;
};

Columns columns_of(const CsvTable& table) {
  const std::vector<std::string>& names = table.columns();
  check_columns(table);
  Columns columns;
  size_t at = 1;
  for (; at < names.size() && names[at].starts_with(label_prefix); at += 2) {
    const std::string name = names[at].substr(label_prefix.size());
    const std::string expected = std::string(probability_prefix) + name;
    if (at + 1 == names.size() || names[at + 1] != expected)
      fail("{}: expected a column '{}' after '{}', found {}", table.path(), expected, names[at],
           at + 1 == names.size() ? "the end of the line" : "'" + names[at + 1] + "'");
    columns.classes.push_back(name);
  }
  if (columns.classes.empty())
    fail("{}: expected columns label_NAME and prob_NAME after 'path', found {}", table.path(),
         at == names.size() ? "the end of the line" : "'" + names[at] + "'");
  if (at < names.size() && names[at] == "label") {
    if (at + 1 == names.size() || names[at + 1] != "predicted")
      fail("{}: expected a column 'predicted' after 'label'", table.path());
    columns.label = at;
    at += 2;
  }
  if (at < names.size() && names[at] == "patient") columns.patient = at++;
  for (; at < names.size(); ++at) {
    if (names[at].starts_with(label_prefix) || names[at].starts_with(probability_prefix))
      fail("{}: expected label_NAME and prob_NAME in pairs after 'path', found '{}' behind them",
           table.path(), names[at]);
    columns.meta.push_back(at);
  }
  return columns;
}

float label_at(const CsvTable& table, size_t column) {
  const std::string& text = table[column];
  if (text.empty()) return std::numeric_limits<float>::quiet_NaN();
  if (text == "0") return 0;
  if (text == "1") return 1;
  fail("{} line {}: {}: expected 0, 1 or nothing, found '{}'", table.path(), table.line(),
       table.columns()[column], text);
}

double probability_at(const CsvTable& table, size_t column) {
  const std::optional<double> value = number_of(table[column]);
  if (!value || !(*value >= 0 && *value <= 1))
    fail("{} line {}: {}: expected a probability from 0 to 1, found '{}'", table.path(),
         table.line(), table.columns()[column], table[column]);
  return *value;
}

// The class that the labels of an exclusive row name; empty where it is not labelled.
std::string class_of(const CsvTable& table, const Columns& columns, std::span<const float> labels) {
  const auto ones = std::count(labels.begin(), labels.end(), 1.F);
  const auto blanks =
      std::count_if(labels.begin(), labels.end(), [](float label) { return std::isnan(label); });
  if (blanks == static_cast<ptrdiff_t>(labels.size())) return "";
  if (ones != 1 || blanks != 0)
    fail(
        "{} line {}: expected a label of 1 for one class and 0 for the others, found {} and {} "
        "blank",
        table.path(), table.line(), ones, blanks);
  return columns
      .classes[static_cast<size_t>(std::find(labels.begin(), labels.end(), 1.F) - labels.begin())];
}

void read_row(const CsvTable& table, const Columns& columns, Predictions& predictions) {
  for (size_t c = 0; c < columns.classes.size(); ++c) {
    predictions.labels.push_back(label_at(table, 1 + 2 * c));
    predictions.probabilities.push_back(probability_at(table, 2 + 2 * c));
  }
  if (columns.label) {
    const size_t classes = columns.classes.size();
    const std::string name = class_of(table, columns, std::span(predictions.labels).last(classes));
    if (table[*columns.label] != name)
      fail("{} line {}: expected the label '{}' as in the columns label_NAME, found '{}'",
           table.path(), table.line(), name, table[*columns.label]);
  }
  predictions.paths.push_back(table[0]);
  if (columns.patient) predictions.patients.push_back(table[*columns.patient]);
  for (const size_t column : columns.meta)
    predictions.meta[table.columns()[column]].push_back(table[column]);
}

}  // namespace

std::string predictions_csv(const Predictions& predictions) {
  check_names(predictions);
  std::string text = header(predictions);
  const bool patients = knows_patients(predictions);
  const size_t classes = predictions.classes.size();
  for (size_t row = 0; row < predictions.size(); ++row) {
    const auto labels = std::span(predictions.labels).subspan(row * classes, classes);
    const auto probabilities = std::span(predictions.probabilities).subspan(row * classes, classes);
    text += csv_field(predictions.paths[row]);
    for (size_t c = 0; c < classes; ++c)
      text += fmt::format(",{},{}",
                          std::isnan(labels[c]) ? ""
                          : labels[c] > 0.5F    ? "1"
                                                : "0",
                          probabilities[c]);
    if (predictions.exclusive) {
      const auto truth = std::find(labels.begin(), labels.end(), 1.F);
      const auto call = std::max_element(probabilities.begin(), probabilities.end());
      text +=
          "," + (truth == labels.end()
                     ? ""
                     : csv_field(predictions.classes[static_cast<size_t>(truth - labels.begin())]));
      text +=
          "," + csv_field(predictions.classes[static_cast<size_t>(call - probabilities.begin())]);
    }
    if (patients) text += "," + csv_field(predictions.patients[row]);
    for (const auto& [name, values] : predictions.meta) text += "," + csv_field(values[row]);
    text += '\n';
  }
  return text;
}

Predictions read_predictions(const std::string& path) {
  CsvTable table(path);
  const Columns columns = columns_of(table);
  Predictions predictions;
  predictions.exclusive = columns.label.has_value();
  predictions.classes = columns.classes;
  for (const size_t column : columns.meta) predictions.meta[table.columns()[column]];
  while (table.next()) read_row(table, columns, predictions);
  return predictions;
}

}  // namespace evax::report
