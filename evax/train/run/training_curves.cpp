#include "evax/train/run/training_curves.h"

#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json.h"
#include "evax/core/text.h"

namespace evax::train {
namespace {

using Json = nlohmann::json;

/// The values of `key` over the epochs.
report::Line line_of(const std::vector<Json>& log, const std::string& key,
                     const std::string& name) {
  report::Line line{name, {}};
  for (const Json& entry : log)
    if (entry.contains(key) && entry[key].is_number())
      line.points.push_back({entry.at("epoch").get<double>() + 1, entry[key].get<double>()});
  return line;
}

}  // namespace

std::vector<report::TrainingCurves> training_curves(
    const std::string& folder, const std::string& set, int best_epoch,
    const std::vector<std::pair<std::string, std::string>>& figures) {
  const std::string path = folder + "/metrics.jsonl";
  std::vector<Json> log;
  for_each_line(read_text(path), [&](std::string_view line, size_t number) {
    log.push_back(parse_json(line, fmt::format("{} line {}", path, number)));
  });
  std::vector<report::Line> losses{line_of(log, "train/epoch_loss", "training")};
  if (report::Line loss = line_of(log, set + "/loss", set); !loss.points.empty())
    losses.push_back(std::move(loss));
  std::vector<report::TrainingCurves> curves;
  curves.push_back({"loss", std::move(losses), {}});
  for (const auto& [key, label] : figures) {
    report::Line line = line_of(log, set + "/" + key, set);
    if (!line.points.empty()) curves.push_back({label, {std::move(line)}, {}});
  }
  for (report::TrainingCurves& curve : curves)
    for (const report::Point& point : curve.lines.back().points)
      if (point.x == best_epoch + 1) curve.mark = point;
  return curves;
}

}  // namespace evax::train
