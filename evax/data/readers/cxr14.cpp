#include <unordered_map>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/fields.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/layout.h"
#include "evax/data/readers/nih_table.h"
#include "evax/data/readers/readers.h"

namespace evax::data {
namespace {

const std::vector<std::string> findings{
    "Atelectasis", "Cardiomegaly", "Effusion",           "Infiltration",  "Mass",
    "Nodule",      "Pneumonia",    "Pneumothorax",       "Consolidation", "Edema",
    "Emphysema",   "Fibrosis",     "Pleural_Thickening", "Hernia"};

Sample sample_of_line(const std::string& list, size_t number,
                      const std::vector<std::string_view>& fields) {
  if (fields.size() != findings.size() + 1)
    fail("{} line {}: expected a file name and {} labels, found {} fields", list, number,
         findings.size(), fields.size());
  Sample sample;
  sample.patient = nih_patient(std::string(fields[0]));
  for (size_t i = 1; i < fields.size(); ++i) {
    if (fields[i] != "0" && fields[i] != "1")
      fail("{} line {}: expected a label 0 or 1, found '{}'", list, number, fields[i]);
    sample.labels.push_back(fields[i] == "1" ? 1.0F : 0.0F);
  }
  return sample;
}

// What the NIH's table says of the images of a list that holds names alone, as the NIH's own lists
// do (train_val_list.txt, test_list.txt).
class TableOfNames {
 public:
  TableOfNames(const std::string& list, const std::string& images) {
    const auto path = NihTable::find(list, images);
    if (!path)
      fail(
          "{}: expected labels behind the names, or the NIH's table Data_Entry_2017.csv beside the "
          "list or in {}, found neither",
          list, images.empty() ? "data.images" : images);
    path_ = *path;
    NihTable table(path_, findings);
    meta_ = table.meta();
    std::string name;
    for (Sample sample; table.next(name, sample);) samples_.try_emplace(name, std::move(sample));
  }

  const std::vector<std::string>& meta() const { return meta_; }
  const Sample& at(const std::string& name, const std::string& list, size_t number) const {
    const auto found = samples_.find(name);
    if (found == samples_.end())
      fail("{} line {}: expected an image of {}, found '{}'", list, number, path_, name);
    return found->second;
  }

 private:
  std::string path_;
  std::vector<std::string> meta_;
  std::unordered_map<std::string, Sample> samples_;
};

}  // namespace

List read_cxr14(const std::string& list, const DataConfig& config, Role) {
  check_kind_classes(config, findings);
  const FileIndex files(nih_folders(config.images));
  List result;
  Dataset& dataset = result.dataset;
  dataset.classes = findings;
  const auto add = [&](const std::string& name, Sample sample) {
    sample.path = files.locate(name);
    dataset.samples.push_back(std::move(sample));
  };

  const std::string text = read_text(list);
  if (NihTable::is_one(text)) {
    NihTable table(list, findings);
    dataset.meta = table.meta();
    std::string name;
    for (Sample sample; table.next(name, sample);) add(name, std::move(sample));
    return result;
  }
  std::optional<TableOfNames> table;  // where the first line is a name alone
  std::vector<std::string_view> fields;
  for_each_line(text, [&](std::string_view line, size_t number) {
    split_fields(line, fields);
    const std::string name(fields[0]);
    if (fields.size() == 1 && dataset.samples.empty()) {
      table.emplace(list, config.images);
      dataset.meta = table->meta();
    }
    if (table && fields.size() != 1)
      fail("{} line {}: expected a name alone as in the first line, found {} fields", list, number,
           fields.size());
    add(name, table ? table->at(name, list, number) : sample_of_line(list, number, fields));
  });
  return result;
}

}  // namespace evax::data
