#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/fields.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/readers.h"

namespace evax::data {
namespace {

// COVIDx 4's test images lie in val/; a validation list is usually cut out of train/.
std::vector<std::string> image_folders(const std::string& root, Role role) {
  switch (role) {
    case Role::train: return folders_of(root, {"train"});
    case Role::val: return folders_of(root, {"train", "val", "test"});
    case Role::test: return folders_of(root, {"test", "val"});
  }
  return {};
}

List read_covidx(const std::string& list, const DataConfig& config, Role role,
                 const std::vector<std::string>& classes) {
  check_kind_classes(config, classes);
  const FileIndex files(image_folders(config.images, role));
  List result;
  result.dataset.task = weights::Task::multiclass;
  result.dataset.classes = classes;
  std::vector<std::string_view> fields;
  for_each_line(read_text(list), [&](std::string_view line, size_t number) {
    split_fields(line, fields);
    if (fields.size() != 4)
      fail("{} line {}: expected patient, file name, class and source, found {} fields", list,
           number, fields.size());
    const auto found = std::find(classes.begin(), classes.end(), fields[2]);
    if (found == classes.end())
      fail("{} line {}: expected a class of {}, found '{}'", list, number, fmt::join(classes, ", "),
           fields[2]);
    Sample& sample = result.dataset.samples.emplace_back();
    sample.path = files.locate(std::string(fields[1]));
    if (!field_value(fields[0]).empty())
      sample.patient = fmt::format("{}/{}", fields[3], fields[0]);  // sources number on their own
    sample.label = static_cast<int>(found - classes.begin());
  });
  return result;
}

}  // namespace

List read_covidx3(const std::string& list, const DataConfig& config, Role role) {
  return read_covidx(list, config, role, {"normal", "pneumonia", "COVID-19"});
}

List read_covidx4(const std::string& list, const DataConfig& config, Role role) {
  return read_covidx(list, config, role, {"negative", "positive"});
}

}  // namespace evax::data
