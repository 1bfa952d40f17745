#include "evax/data/segmentation/patients.h"

#include <unordered_map>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/fields.h"
#include "evax/data/segmentation/image_names.h"

namespace evax::data {
namespace {

struct NamedPatient {
  std::string patient;
  size_t line = 0;
};

std::unordered_map<std::string, NamedPatient> read_patients(const std::string& path) {
  CsvTable table(path);
  const auto image = find_any(table, {"image", "file", "filename", "path"});
  if (!image)
    fail("{}: expected a column 'image', found {}", path, fmt::join(table.columns(), ", "));
  const auto patient = find_patient(table);
  if (!patient)
    fail("{}: expected a column 'patient', found {}", path, fmt::join(table.columns(), ", "));
  std::unordered_map<std::string, NamedPatient> patients;
  while (table.next()) {
    const std::string name = image_name(std::string(trim(table[*image])));
    const std::string of(field_value(table[*patient]));
    const auto [first, is_new] = patients.try_emplace(name, NamedPatient{of, table.line()});
    if (!is_new && first->second.patient != of)
      fail("{} line {}: expected the patient '{}' of {} as in line {}, found '{}'", path,
           table.line(), first->second.patient, name, first->second.line, of);
  }
  return patients;
}

}  // namespace

void add_patients(const std::string& table, std::vector<AnnotatedImage>& images) {
  const auto patients = read_patients(table);
  bool any = false;
  for (AnnotatedImage& image : images) {
    const auto found = patients.find(image.name);
    if (found == patients.end()) continue;
    any = true;
    if (!found->second.patient.empty()) image.patient = found->second.patient;
  }
  if (!any && !images.empty())
    fail("{}: expected the patients of images such as {}, found none of {} images", table,
         images.front().name, images.size());
}

}  // namespace evax::data
