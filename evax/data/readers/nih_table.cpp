#include "evax/data/readers/nih_table.h"

#include <algorithm>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/files.h"

namespace evax::data {

namespace fs = std::filesystem;

NihTable::NihTable(const std::string& path, const std::vector<std::string>& classes)
    : table_(path),
      classes_(classes),
      name_(table_.column("Image Index")),
      findings_(table_.column("Finding Labels")),
      patient_(table_.find("Patient ID")) {
  for (const char* name : {"Patient Age", "Patient Gender", "Patient Sex", "View Position"})
    if (const auto column = table_.find(name)) {
      meta_.push_back(*column);
      meta_names_.emplace_back(name);
    }
}

std::optional<std::string> NihTable::find(const std::string& list, const std::string& images) {
  for (const std::string& folder : {fs::path(list).parent_path().string(), images})
    for (const char* name : {"Data_Entry_2017.csv", "Data_Entry_2017_v2020.csv"})
      for (const char* packed : {"", ".gz"}) {
        const std::string path = join_path(folder, std::string(name) + packed);
        std::error_code ignored;
        if (fs::is_regular_file(path, ignored)) return path;
      }
  return std::nullopt;
}

bool NihTable::next(std::string& name, Sample& sample) {
  if (!table_.next()) return false;
  name = trim(table_[name_]);
  if (name.empty())
    fail("{} line {}: expected the name of an image, found nothing", table_.path(), table_.line());
  sample = {};
  sample.patient = nih_patient(name);
  if (sample.patient.empty() && patient_) sample.patient = field_value(table_[*patient_]);
  for (const size_t column : meta_) sample.meta.emplace_back(trim(table_[column]));
  sample.labels = labels();
  return true;
}

std::vector<float> NihTable::labels() const {
  std::vector<float> labels(classes_.size());
  std::string_view rest = trim(table_[findings_]);
  if (rest == "No Finding") return labels;
  for (bool more = true; more;) {
    const size_t bar = std::min(rest.find('|'), rest.size());
    const std::string_view name = trim(rest.substr(0, bar));
    const auto found = std::find(classes_.begin(), classes_.end(), name);
    if (found == classes_.end())
      fail("{} line {}: expected No Finding or findings such as Mass|Nodule, found '{}'",
           table_.path(), table_.line(), table_[findings_]);
    labels[static_cast<size_t>(found - classes_.begin())] = 1;
    more = bar < rest.size();
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return labels;
}

}  // namespace evax::data
