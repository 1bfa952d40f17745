#include "evax/tasks/dataset_file.h"

#include "evax/core/toml.h"

namespace evax::tasks {

DatasetFile read_dataset_file(const std::string& path, const std::vector<std::string>& overrides) {
  TomlTable root = TomlTable::read_file(path, overrides);
  DatasetFile file;
  file.augment.policy = "timm";
  file.data = data::read_data_config(root.table("data"));
  file.augment = data::read_augment_config(root.table("augment"), file.augment);
  file.preprocess = data::read_preprocess(root.table("preprocess"), file.preprocess);
  for (const char* table : {"data", "augment", "preprocess"}) root.table(table).finish();
  return file;
}

}  // namespace evax::tasks
