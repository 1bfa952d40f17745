#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/fields.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/layout.h"
#include "evax/data/readers/readers.h"

namespace evax::data {
namespace {

const std::vector<std::string> competition{"Atelectasis", "Cardiomegaly", "Consolidation", "Edema",
                                           "Pleural Effusion"};

}  // namespace

List read_chexpert(const std::string& list, const DataConfig& config, Role) {
  CsvTable table(list);
  const size_t path = table.column("Path");
  const auto side = table.find("Frontal/Lateral");  // test_labels.csv leaves it to the file's name
  List result;
  result.dataset.classes = config.classes.empty() ? competition : config.classes;
  std::vector<size_t> columns;
  for (const std::string& name : result.dataset.classes) columns.push_back(table.column(name));

  // Sex, age and view; the other columns are findings.
  std::vector<size_t> meta;
  for (const char* name : {"Sex", "Age", "AP/PA"})
    if (const auto place = table.find(name)) {
      meta.push_back(*place);
      result.dataset.meta.emplace_back(name);
    }

  while (table.next()) {
    const std::string_view view = side ? trim(table[*side]) : chexpert_side(table[path]);
    if (view != "Frontal" && view != "Lateral")
      fail("{} line {}: expected Frontal or Lateral, found '{}'", list, table.line(),
           table[side.value_or(path)]);
    if (view == "Lateral") continue;
    Sample& sample = result.dataset.samples.emplace_back();
    sample.path = join_path(config.images, std::string(without_archive(table[path])));
    sample.patient = chexpert_patient(table[path]);
    for (const size_t place : meta) sample.meta.push_back(table[place]);
    read_labels(table, columns, result, sample);
  }
  return result;
}

}  // namespace evax::data
