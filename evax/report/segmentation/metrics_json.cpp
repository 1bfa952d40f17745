#include "evax/report/segmentation/metrics_json.h"

#include <nlohmann/json.hpp>

#include "evax/report/figure_json.h"

namespace evax::report {
namespace {

using Json = nlohmann::ordered_json;

void add_figures(Json& json, const metrics::SegmentationFigures& figures) {
  add_figure(json, "dice", figures.dice);
  add_figure(json, "jaccard", figures.jaccard);
  add_figure(json, "mean_dice_per_image", figures.dice_per_image);
  add_figure(json, "mean_jaccard_per_image", figures.jaccard_per_image);
  add_figure(json, "hd95", figures.hd95);
}

Json entry_of(const metrics::SegmentationClass& item) {
  Json json;
  add_figures(json, item.figures);
  json["threshold"] = item.threshold;
  json["n_with_target"] = item.with_target;
  json["n_empty"] = item.empty;
  json["n_with_distance"] = item.with_distance;
  json["pixels"] = {{"intersection", item.counts.intersection},
                    {"prediction", item.counts.prediction},
                    {"label", item.counts.label}};
  return json;
}

}  // namespace

Json metrics_json(const metrics::SegmentationEvaluation& evaluation, Json head) {
  Json json = std::move(head);
  json["n"] = evaluation.images;
  json["patients"] = evaluation.patients == 0 ? Json() : Json(evaluation.patients);
  json["distance_unit"] = evaluation.distance_unit;
  add_figures(json, evaluation.figures);
  add_figure(json, "mdice", evaluation.mdice);
  add_figure(json, "miou", evaluation.miou);
  json["classes"] = Json::object();
  for (const metrics::SegmentationClass& item : evaluation.classes)
    json["classes"][item.name] = entry_of(item);
  json["notes"] = evaluation.notes;
  return json;
}

}  // namespace evax::report
