#include "evax/image/folder.h"

#include <algorithm>
#include <filesystem>

#include "evax/core/error.h"
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
    if (!name.starts_with('.') && entry->is_directory(error)) names.push_back(std::move(name));
  }
  if (error) fail("{}: {}", root, error.message());
  std::sort(names.begin(), names.end());
  return names;
}

void add_images(const std::string& folder, int label, Dataset& dataset) {
  for (std::string& path : image::images_below(folder)) {
    Sample& sample = dataset.samples.emplace_back();
    sample.patient = nih_patient(path);
    sample.path = std::move(path);
    sample.label = label;
  }
}

}  // namespace

List read_folder(const std::string& list, const DataConfig& config, Role) {
  const std::string root = list.empty() ? config.images : join_path(config.images, list);
  const std::vector<std::string> names = sub_folders(root);
  List result;
  Dataset& dataset = result.dataset;
  if (names.empty()) {
    add_images(root, -1, dataset);
    return result;
  }
  dataset.task = weights::Task::multiclass;
  dataset.classes = config.classes.empty() ? names : config.classes;
  for (const std::string& name : names) {
    const auto found = std::find(dataset.classes.begin(), dataset.classes.end(), name);
    if (found == dataset.classes.end())
      fail("{}: expected a folder for each of the classes {}, found '{}'", root,
           fmt::join(dataset.classes, ", "), name);
    add_images(join_path(root, name), static_cast<int>(found - dataset.classes.begin()), dataset);
  }
  return result;
}

}  // namespace evax::data
