#include <fmt/format.h>

#include <filesystem>

#include "evax/core/csv.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/evaluation/describe.h"
#include "evax/evaluation/localization/judge.h"
#include "evax/report/localization/metrics_json.h"

namespace evax::evaluation {
namespace {

using Json = nlohmann::ordered_json;

Json search_json(const std::vector<metrics::LocalizationRow>& rows) {
  Json json = Json::array();
  for (const metrics::LocalizationRow& row : rows)
    json.push_back({{"threshold", row.threshold},
                    {"map", row.map()},
                    {"ap25", row.ap25},
                    {"ap50", row.ap50},
                    {"miou", row.miou}});
  return json;
}

Json skipped_json(const LocalizationJudgement& judgement) {
  Json json = Json::array();
  for (const auto& [finding, reason] : judgement.located.skipped)
    json.push_back({{"line", judgement.list->findings[finding].line}, {"reason", reason}});
  return json;
}

// "x,y,width,height" in pixels of the list's boxes; blank where nothing is predicted.
std::string predicted_fields(const std::optional<Box>& box, const Place& place) {
  if (!box) return ",,,";
  return fmt::format("{},{},{},{}", box->x * place.unit_x, box->y * place.unit_y,
                     box->width * place.unit_x, box->height * place.unit_y);
}

std::string localization_csv(const LocalizationJudgement& judgement) {
  std::string text =
      "path,label,x,y,width,height,iou,hit,box_iou,predicted_x,predicted_y,predicted_width,"
      "predicted_height\n";
  const metrics::Localizations& all = judgement.localizations;
  for (size_t i = 0; i < all.boxes.size(); ++i) {
    const LocatedBox& located = judgement.located.boxes[i];
    const data::BoxedFinding& finding = judgement.list->findings[located.finding];
    const metrics::LocalizedBox& figures = all.boxes[i];
    text += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(all.images[i]),
                        csv_field(all.classes[figures.class_index]), finding.box.x, finding.box.y,
                        finding.box.width, finding.box.height, figures.iou, figures.hit ? 1 : 0,
                        figures.box_iou, predicted_fields(judgement.predicted[i], located.place));
  }
  return text;
}

}  // namespace

Json metrics_of(const LocalizationJudgement& judgement) {
  Json head = head_of(judgement.subject, judgement.rules, judgement.located.unreadable.size(),
                      judgement.evaluation.by_patient);
  head["data"]["sha256"] = data::fingerprint(*judgement.list, judgement.subject.folder);
  head["data"]["skipped"] = skipped_json(judgement);
  head["threshold"] = judgement.rules.thresholds[0];
  head["search"] = search_json(judgement.search);
  return report::metrics_json(judgement.evaluation, std::move(head));
}

void write_folder(const std::string& folder, const LocalizationJudgement& judgement) {
  // Of an earlier evaluation: metrics.json is there again when all the rest is.
  const std::string unreadable = folder + "/unreadable_" + judgement.subject.set + ".csv";
  for (const std::string& path : {folder + "/metrics.json", unreadable})
    std::filesystem::remove(path);
  write_file(folder + "/localization.csv", localization_csv(judgement));
  if (!judgement.located.unreadable.empty())
    write_unreadable(unreadable, judgement.located.unreadable);
  write_file(folder + "/metrics.json", json_text(metrics_of(judgement), 2) + "\n");
}

}  // namespace evax::evaluation
