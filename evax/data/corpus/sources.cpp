#include "evax/data/corpus/sources.h"

#include <unordered_map>
#include <unordered_set>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/dataset.h"
#include "evax/data/fingerprint.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/layout.h"
#include "evax/image/folder.h"

namespace evax::data {
namespace {

using Images = std::vector<SourceImage>;

// DICOM's ViewPosition; other values are lateral, oblique, lordotic or unknown.
bool is_frontal(std::string_view view) { return view == "PA" || view == "AP"; }

Images read_nih(const CorpusSource& source) {
  CsvTable table(source.list);
  const size_t name = table.column("Image Index");
  const size_t patient = table.column("Patient ID");
  const size_t view = table.column("View Position");
  const FileIndex files(nih_folders(source.images));
  Images images;
  while (table.next()) {
    SourceImage& image = images.emplace_back();
    image.path = trim(table[name]);
    image.file = files.locate(image.path);
    image.patient = nih_patient(image.path);
    if (image.patient.empty()) image.patient = field_value(table[patient]);
    image.view = trim(table[view]);
    image.frontal = is_frontal(image.view);
  }
  return images;
}

Images read_chexpert(const CorpusSource& source) {
  CsvTable table(source.list);
  const size_t path = table.column("Path");
  const auto side = table.find("Frontal/Lateral");  // test_labels.csv has neither
  const auto view = table.find("AP/PA");
  Images images;
  while (table.next()) {
    SourceImage& image = images.emplace_back();
    image.path = without_archive(trim(table[path]));
    image.file = join_path(source.images, image.path);
    image.patient = chexpert_patient(table[path]);
    const std::string_view seen_from = side ? trim(table[*side]) : chexpert_side(table[path]);
    image.frontal = seen_from == "Frontal";
    image.view = !image.frontal ? seen_from : view ? trim(table[*view]) : "";
  }
  return images;
}

// Ids of the images of MIMIC-CXR's test split.
std::unordered_set<std::string> mimic_test_ids(const std::string& list) {
  CsvTable table(list);
  const size_t id = table.column("dicom_id");
  const size_t split = table.column("split");
  std::unordered_set<std::string> ids;
  while (table.next())
    if (trim(table[split]) == "test") ids.emplace(trim(table[id]));
  if (ids.empty()) fail("{}: expected rows of the split test, found none", list);
  return ids;
}

// Where the record list says that images lie, by id, as the JPEG of the DICOM file it names.
std::unordered_map<std::string, std::string> mimic_paths(const std::string& list) {
  CsvTable table(list);
  const size_t id = table.column("dicom_id");
  const size_t path = table.column("path");
  std::unordered_map<std::string, std::string> paths;
  while (table.next()) {
    std::string file(trim(table[path]));
    if (file.ends_with(".dcm")) file.replace(file.size() - 4, 4, ".jpg");
    paths.emplace(trim(table[id]), std::move(file));
  }
  return paths;
}

// "files/p10/p10000032/s50414267/ID.jpg", as PhysioNet lays them out.
std::string mimic_path(std::string_view subject, std::string_view study, const std::string& id) {
  return fmt::format("files/p{}/p{}/s{}/{}.jpg", subject.substr(0, 2), subject, study, id);
}

Images read_mimic(const CorpusSource& source) {
  CsvTable table(source.list);
  const size_t id_column = table.column("dicom_id");
  const size_t subject = table.column("subject_id");
  const size_t study = table.column("study_id");
  const size_t view = table.column("ViewPosition");
  const auto test_ids = mimic_test_ids(source.split);
  const auto paths = source.records.empty() ? std::unordered_map<std::string, std::string>()
                                            : mimic_paths(source.records);
  Images images;
  while (table.next()) {
    const std::string id(trim(table[id_column]));
    SourceImage& image = images.emplace_back();
    const auto record = paths.find(id);
    if (record == paths.end() && !paths.empty())
      fail("{}: expected a record of the image {} ({} line {}), found none", source.records, id,
           source.list, table.line());
    image.path = record != paths.end() ? record->second
                                       : mimic_path(trim(table[subject]), trim(table[study]), id);
    image.file = join_path(source.images, image.path);
    image.patient = field_value(table[subject]);
    image.view = trim(table[view]);
    image.frontal = is_frontal(image.view);
    image.official_test = test_ids.contains(id);
  }
  return images;
}

Images read_list(const CorpusSource& source) {
  CsvTable table(source.list);
  const size_t path = table.column("path");
  const auto patient = table.find("patient");
  const auto view = table.find("view");
  Images images;
  while (table.next()) {
    SourceImage& image = images.emplace_back();
    image.path = trim(table[path]);
    if (image.path.empty())
      fail("{} line {}: expected a path, found nothing", source.list, table.line());
    image.file = join_path(source.images, image.path);
    image.patient = patient ? std::string(field_value(table[*patient])) : nih_patient(image.path);
    if (!view) continue;
    image.view = trim(table[*view]);
    image.frontal = is_frontal(image.view);
  }
  return images;
}

Images read_folder(const CorpusSource& source) {
  Images images;
  for (std::string& file : image::images_below(source.images)) {
    SourceImage& image = images.emplace_back();
    image.path = path_below(source.images, file);
    image.patient = nih_patient(file);
    image.file = std::move(file);
  }
  return images;
}

}  // namespace

std::vector<SourceImage> read_source(const CorpusSource& source) {
  if (source.kind == "cxr14") return read_nih(source);
  if (source.kind == "chexpert") return read_chexpert(source);
  if (source.kind == "mimic_cxr") return read_mimic(source);
  if (source.kind == "csv") return read_list(source);
  return read_folder(source);
}

}  // namespace evax::data
