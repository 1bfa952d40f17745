#include "evax/report/finished_run.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json.h"

namespace evax::report {
namespace {

namespace fs = std::filesystem;

constexpr size_t metrics_limit = size_t{64} << 20;

// A figure that may head a table, under its key in metrics.json.
struct HeadlineFigure {
  const char* key;
  const char* name;
  double most = 1;
};
// A run is shown by the first that it has.
constexpr std::array finding_figures{
    HeadlineFigure{"accuracy", "accuracy"},  // exclusive classes only
    HeadlineFigure{"mean_auc", "mean AUC"},
};
// A segmentation or a localisation is shown by all of its own; the first tells that it is one.
constexpr std::array mask_figures{
    HeadlineFigure{"dice", "Dice"},
    HeadlineFigure{"jaccard", "Jaccard"},
    HeadlineFigure{"mean_dice_per_image", "Dice per image"},
    HeadlineFigure{"hd95", "HD95", std::numeric_limits<double>::infinity()},
};
constexpr std::array box_figures{
    HeadlineFigure{"map", "mAP"},
    HeadlineFigure{"ap25", "AP25"},
    HeadlineFigure{"ap50", "AP50"},
    HeadlineFigure{"miou", "mIoU"},
};

nlohmann::json read_object(const std::string& path) {
  nlohmann::json json = read_json(path, metrics_limit);
  if (!json.is_object()) fail("{}: expected a JSON object, found something else", path);
  return json;
}

// What stands under `key`, null where nothing does.
const nlohmann::json& value_at(const nlohmann::json& json, const std::string& key) {
  static const nlohmann::json null;
  return json.is_object() && json.contains(key) ? json.at(key) : null;
}

std::string text_at(const nlohmann::json& json, const char* key) {
  const nlohmann::json& value = value_at(json, key);
  return value.is_string() ? value.get<std::string>() : "";
}

int64_t count_at(const nlohmann::json& json, const char* key) {
  const nlohmann::json& value = value_at(json, key);
  return value.is_number_unsigned() ? value.get<int64_t>() : 0;
}

double number_from(const nlohmann::json& json, double most, const std::string& path,
                   const std::string& key) {
  if (!json.is_number() || json.get<double>() < 0 || json.get<double>() > most)
    fail("{}: {}: expected a number {}, found {}", path, key,
         most == 1 ? "from 0 to 1" : "of at least 0", evax::shown(json));
  return json.get<double>();
}

void read_head(const nlohmann::json& json, FinishedRun& run) {
  const nlohmann::json& model = value_at(json, "model");
  const nlohmann::json& data = value_at(json, "data");
  run.model = text_at(model, "name");
  run.architecture = text_at(model, "arch");
  run.model_sha256 = text_at(model, "sha256");
  if (const int64_t count = count_at(model, "parameters"); count > 0) run.parameters = count;
  if (const int64_t count = count_at(model, "macs"); count > 0) run.macs = count;
  run.data = text_at(data, "name");
  run.data_sha256 = text_at(data, "sha256");
  run.protocol = text_at(json, "protocol");
  run.images = count_at(json, json.contains("images") ? "images" : "n");  // n may be boxes
}

std::optional<double> epochs_of(const std::string& text) {
  constexpr double most = 1e6;
  double epochs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epochs);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(epochs >= 0 && epochs <= most)) return {};
  return epochs;
}

// What a training began with, and which recipe it followed.
void read_protocol(const nlohmann::json& json, FinishedRun& run) {
  // A recipe names a file of weights, in which others stand by the time of another run.
  if (const std::string recipe = text_at(json, "seedless_recipe_sha256"); !recipe.empty())
    run.recipe = recipe + " " + text_at(json, "init_sha256");
  run.pretraining_epochs = text_at(json, "init") == "random"
                               ? 0
                               : epochs_of(text_at(value_at(json, "init_provenance"), "epochs"));
}

RunFigure read_figure(const nlohmann::json& json, const std::string& path,
                      const HeadlineFigure& figure) {
  RunFigure run{figure.name, {}, {}, figure.most};
  const auto number = [&](const nlohmann::json& value, const std::string& key) {
    return number_from(value, figure.most, path, key);
  };
  const nlohmann::json& value = value_at(json, figure.key);
  if (value.is_object()) {  // of repeats
    run.value.value = number(value_at(value, "mean"), figure.key);
    run.deviation = number(value_at(value, "std"), figure.key);
    return run;
  }
  if (!value.is_null()) run.value.value = number(value, figure.key);
  const std::string interval_key = std::string(figure.key) + "_ci";
  const nlohmann::json& interval = value_at(json, interval_key);
  if (interval.is_array() && interval.size() == 2)
    run.value.interval = {number(interval[0], interval_key), number(interval[1], interval_key)};
  return run;
}

// `head`: metrics.json, of one run where `json` is the summary of several.
std::vector<RunFigure> read_figures(const nlohmann::json& json, const nlohmann::json& head,
                                    const std::string& path) {
  std::vector<RunFigure> figures;
  for (const auto& kind : {mask_figures, box_figures}) {
    if (!head.contains(kind[0].key) && !json.contains(kind[0].key)) continue;
    for (const HeadlineFigure& figure : kind) figures.push_back(read_figure(json, path, figure));
    if (const std::string unit = text_at(head, "distance_unit"); !unit.empty())
      figures.back().name += ", " + unit;
    return figures;
  }
  for (const HeadlineFigure& figure : finding_figures) {
    figures = {read_figure(json, path, figure)};
    if (figures[0].value.value) break;
  }
  return figures;
}

// The folder of the first repeat, which knows model and data; empty where there is none.
std::string first_repeat(const std::string& folder) {
  std::string first;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (entry.path().filename().string().starts_with("seed_") &&
        fs::exists(path + "/metrics.json") && (first.empty() || path < first))
      first = path;
  }
  return first;
}

std::string name_of(const std::string& folder) {
  const fs::path path = fs::absolute(folder).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

}  // namespace

std::optional<FinishedRun> read_finished_run(const std::string& folder) {
  if (!fs::is_directory(folder)) fail("{}: expected the folder of a run or evaluation", folder);
  const std::string summary = folder + "/summary.json";
  const std::string metrics = folder + "/metrics.json";
  const bool repeated = fs::exists(summary);
  if (!repeated && !fs::exists(metrics)) return std::nullopt;

  FinishedRun run;
  const std::string path = repeated ? summary : metrics;
  const nlohmann::json json = read_object(path);
  const std::string one = repeated ? first_repeat(folder) : folder;
  nlohmann::json head = nlohmann::json::object();
  if (!one.empty()) {
    head = read_object(one + "/metrics.json");
    if (text_at(head, "task") == "pretrain") return std::nullopt;
    read_head(head, run);
    const std::string protocol = one + "/protocol.json";
    if (fs::exists(protocol)) read_protocol(read_object(protocol), run);
  }
  if (repeated) {
    run.protocol = text_at(json, "protocol");
    run.repeats = count_at(json, "runs");
    run.model_sha256.clear();  // of one among several
  }
  run.figures = read_figures(json, head, path);
  run.folder = folder;
  if (run.model.empty()) run.model = name_of(folder);
  if (run.data.empty()) run.data = name_of(folder);
  return run;
}

}  // namespace evax::report
