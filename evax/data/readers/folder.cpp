#include "evax/image/folder.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/text.h"
#include "evax/data/readers/files.h"
#include "evax/data/readers/readers.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> sub_folders(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(root, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (!image::is_passed_over(name) && entry->is_directory(error))
      names.push_back(std::move(name));
  }
  if (error) fail("{}: {}", root, error.message());
  std::sort(names.begin(), names.end());
  return names;
}

// A root with a folder per part of the data set is not one with a folder per class.
void refuse_parts(const std::string& root, const std::vector<std::string>& names) {
  constexpr auto parts = std::to_array<std::string_view>(
      {"train", "training", "val", "valid", "validation", "test", "testing"});
  std::string settings;
  for (const std::string& name : names) {
    const std::string lower = lower_case(name);
    if (std::find(parts.begin(), parts.end(), lower) == parts.end()) continue;
    const char* key = lower.starts_with("tr") ? "train" : lower.starts_with("v") ? "val" : "test";
    settings += fmt::format("{}data.{} = \"{}\"", settings.empty() ? "" : ", ", key, name);
  }
  if (!settings.empty())
    fail("{}: expected a folder for each class, found parts of a data set: {} name{} them", root,
         settings, settings.find(',') == std::string::npos ? "s" : "");
}

void add_images(std::vector<std::string> paths, int label, Dataset& dataset) {
  for (std::string& path : paths) {
    Sample& sample = dataset.samples.emplace_back();
    sample.patient = nih_patient(path);
    sample.path = std::move(path);
    sample.label = label;
  }
}

void tell(const std::string& root, const image::PassedOver& passed_over, List& list) {
  const std::string sentence = passed_over.sentence();
  if (!sentence.empty()) list.notes.push_back(root + ": " + sentence);
}

}  // namespace

List read_folder(const std::string& list, const DataConfig& config, Role) {
  const std::string root = list.empty() ? config.images : join_path(config.images, list);
  std::vector<std::pair<std::string, std::vector<std::string>>> folders;  // name, images
  List result;
  image::PassedOver passed_over;
  const std::vector<std::string> names = sub_folders(root);
  if (config.classes.empty() && config.labels) refuse_parts(root, names);
  for (const std::string& name : names) {
    folders.emplace_back(name, image::images_below(join_path(root, name), &passed_over));
    if (!folders.back().second.empty()) continue;
    result.notes.push_back(
        fmt::format("{}: the folder {} has no image and is not a class", root, name));
    folders.pop_back();
  }
  Dataset& dataset = result.dataset;
  if (folders.empty()) {
    add_images(image::images_below(root, &passed_over), -1, dataset);
    tell(root, passed_over, result);
    return result;
  }
  dataset.task = weights::Task::multiclass;
  dataset.classes = config.classes;
  if (dataset.classes.empty())
    for (const auto& folder : folders) dataset.classes.push_back(folder.first);
  for (auto& [name, images] : folders) {
    const auto found = std::find(dataset.classes.begin(), dataset.classes.end(), name);
    if (found == dataset.classes.end())
      fail("{}: expected a folder for each of the classes {}, found '{}'", root,
           fmt::join(dataset.classes, ", "), name);
    add_images(std::move(images), static_cast<int>(found - dataset.classes.begin()), dataset);
  }
  tell(root, passed_over, result);
  return result;
}

}  // namespace evax::data
