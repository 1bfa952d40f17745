#include "evax/data/corpus/exclusions.h"

#include <algorithm>
#include <array>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/dataset.h"
#include "evax/data/readers/fields.h"
#include "evax/data/readers/layout.h"

namespace evax::data {
namespace {

constexpr std::array<const char*, 4> usual_columns{"Image Index", "Path", "path", "dicom_id"};
constexpr std::array<std::string_view, 4> extensions{".png", ".jpg", ".jpeg", ".dcm"};

std::string_view without_extension(std::string_view path) {
  for (const std::string_view extension : extensions)
    if (path.ends_with(extension)) return path.substr(0, path.size() - extension.size());
  return path;
}

bool is_csv(const std::string& list) { return list.ends_with(".csv") || list.ends_with(".csv.gz"); }

size_t column_of(const CsvTable& table, const CorpusExclusion& exclusion) {
  if (!exclusion.column.empty()) return table.column(exclusion.column);
  for (const char* name : usual_columns)
    if (const auto column = table.find(name)) return *column;
  fail("{}: expected one of the columns {} (or data.exclude.{}.column), found {}", table.path(),
       fmt::join(usual_columns, ", "), exclusion.name, fmt::join(table.columns(), ", "));
}

std::vector<std::string> read_csv_entries(const std::string& list,
                                          const CorpusExclusion& exclusion) {
  CsvTable table(list);
  const size_t column = column_of(table, exclusion);
  std::vector<std::string> entries;
  while (table.next()) entries.emplace_back(without_archive(trim(table[column])));
  return entries;
}

std::vector<std::string> read_text_entries(const std::string& list,
                                           const CorpusExclusion& exclusion) {
  std::vector<std::string> entries;
  std::vector<std::string_view> fields;
  const auto wanted = static_cast<size_t>(exclusion.field);
  for_each_line(read_text(list), [&](std::string_view line, size_t number) {
    split_fields(line, fields);
    if (fields.size() < wanted)
      fail("{} line {}: expected at least {} fields, found {}", list, number, wanted,
           fields.size());
    entries.emplace_back(without_archive(fields[wanted - 1]));
  });
  return entries;
}

}  // namespace

Exclusions::Exclusions(const std::vector<CorpusExclusion>& exclusions) {
  for (const CorpusExclusion& exclusion : exclusions) {
    List& list = lists_.emplace_back();
    list.exclusion = &exclusion;
    for (const std::string& file : exclusion.lists) {
      const auto entries =
          is_csv(file) ? read_csv_entries(file, exclusion) : read_text_entries(file, exclusion);
      list.entries.insert(list.entries.end(), entries.begin(), entries.end());
    }
    std::erase(list.entries, "");
    if (!exclusion.lists.empty() && list.entries.empty())
      fail("{}: expected names of test images, found none", exclusion.lists[0]);
  }
  for (List& list : lists_)  // the entries stay where they are from now on
    for (const std::string& entry : list.entries) {
      list.keys.insert(without_extension(entry));
      const std::string patient = nih_patient(entry);
      if (!patient.empty() && list.exclusion->patients) list.nih_patients.insert(patient);
    }
}

bool Exclusions::means(const List& list, const std::string& source) {
  return list.exclusion->source.empty() || list.exclusion->source == source;
}

bool Exclusions::name(size_t exclusion, const std::string& source, const SourceImage& image) const {
  const List& list = lists_[exclusion];
  if (!means(list, source)) return false;
  for (std::string_view rest = without_extension(image.file);;) {
    if (list.keys.contains(rest)) return true;
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return false;
    rest.remove_prefix(slash + 1);
  }
}

bool Exclusions::name_nih_patient(size_t exclusion, const std::string& source,
                                  const SourceImage& image) const {
  const List& list = lists_[exclusion];
  return means(list, source) && list.nih_patients.contains(nih_patient(image.path));
}

}  // namespace evax::data
