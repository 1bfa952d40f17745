#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/fields.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/layout.h"
#include "evax/data/readers/readers.h"

namespace evax::data {
namespace {

const std::vector<std::string> findings{
    "Atelectasis", "Cardiomegaly", "Effusion",           "Infiltration",  "Mass",
    "Nodule",      "Pneumonia",    "Pneumothorax",       "Consolidation", "Edema",
    "Emphysema",   "Fibrosis",     "Pleural_Thickening", "Hernia"};

}  // namespace

List read_cxr14(const std::string& list, const DataConfig& config, Role) {
  check_kind_classes(config, findings);
  const FileIndex files(nih_folders(config.images));
  List result;
  result.dataset.classes = findings;
  std::vector<std::string_view> fields;
  for_each_line(read_text(list), [&](std::string_view line, size_t number) {
    split_fields(line, fields);
    if (fields.size() != findings.size() + 1)
      fail("{} line {}: expected a file name and {} labels, found {} fields", list, number,
           findings.size(), fields.size());
    Sample& sample = result.dataset.samples.emplace_back();
    const std::string name(fields[0]);
    sample.path = files.locate(name);
    sample.patient = nih_patient(name);
    for (size_t i = 1; i < fields.size(); ++i) {
      if (fields[i] != "0" && fields[i] != "1")
        fail("{} line {}: expected a label 0 or 1, found '{}'", list, number, fields[i]);
      sample.labels.push_back(fields[i] == "1" ? 1.0F : 0.0F);
    }
  });
  return result;
}

}  // namespace evax::data
