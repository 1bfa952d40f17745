#include "evax/tasks/data/data_split.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/data/summary.h"
#include "evax/tasks/data/data_report.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;
using data::Dataset;
using data::Sample;

std::string relative_to(const std::string& path, const fs::path& base) {
  return fs::absolute(path).lexically_normal().lexically_proximate(base).string();
}

// As the list had it; load_as_given made NaN of what was uncertain.
std::string label_text(float label) { return std::isnan(label) ? "-1" : label == 1 ? "1" : "0"; }

// Where a list's paths start from.
struct Bases {
  fs::path images, masks;
};

std::string csv_of(const Dataset& dataset, const Bases& bases) {
  const bool multiclass = dataset.task == weights::Task::multiclass;
  const bool segmentation = dataset.task == weights::Task::segmentation;
  const bool patients = std::any_of(dataset.samples.begin(), dataset.samples.end(),
                                    [](const Sample& sample) { return !sample.patient.empty(); });
  std::string text = segmentation ? "path,mask" : "path";
  if (patients) text += ",patient";
  if (multiclass) text += ",label";
  if (!multiclass && !segmentation)
    for (const std::string& name : dataset.classes) text += "," + csv_field(name);
  text += '\n';
  for (const Sample& sample : dataset.samples) {
    text += csv_field(relative_to(sample.path, bases.images));
    if (segmentation) text += "," + csv_field(relative_to(sample.mask, bases.masks));
    if (patients) text += "," + csv_field(sample.patient);
    if (multiclass) text += "," + csv_field(dataset.classes.at(static_cast<size_t>(sample.label)));
    for (const float label : sample.labels) text += "," + label_text(label);
    text += '\n';
  }
  return text;
}

}  // namespace

void data_split(const DataSplitOptions& options) {
  data::DataConfig config = read_source(options.source);
  if (!config.val.empty() || !config.test.empty())
    fail("data.{}: expected only a training list to split, found {}",
         config.val.empty() ? "test" : "val", config.val.empty() ? config.test : config.val);
  if (config.kind == "shards" || config.kind == "merged")
    fail("data.kind: expected loose files, whose lists can be written, found {}", config.kind);
  if (!config.split) config.split.emplace();
  const data::Splits splits = load_as_given(config);

  const ResultFolder folder(options.output);
  folder.check_writable({"train.csv", "val.csv", "test.csv"});  // all, before one is replaced
  const auto base_of = [](const std::string& path) {
    return fs::absolute(path).lexically_normal();
  };
  const fs::path images = base_of(config.images.empty() ? options.output : config.images);
  const Bases bases{images, config.masks.empty() ? images : base_of(config.masks)};
  std::vector<std::vector<std::string>> rows{{"list", "images", "patients"}};
  const auto write = [&](const std::string& name, const Dataset& dataset) {
    if (dataset.samples.empty()) return;
    const std::string path = (fs::path(options.output) / (name + ".csv")).string();
    write_file(path, csv_of(dataset, bases));
    const data::Summary summary = summarise(dataset);
    rows.push_back({path, fmt::format("{}", summary.images), fmt::format("{}", summary.patients)});
  };
  write("train", splits.train);
  write("val", splits.val);
  write("test", splits.test);
  Output output("");
  output.write(aligned(rows));
  output.commit();
}

}  // namespace evax::tasks
