#include "evax/report/localization/metrics_json.h"

#include <nlohmann/json.hpp>

#include "evax/report/figure_json.h"

namespace evax::report {
namespace {

using Json = nlohmann::ordered_json;

void add_figures(Json& json, const metrics::LocalizationFigures& figures) {
  add_figure(json, "miou", figures.miou);
  add_figure(json, "ap25", figures.ap25);
  add_figure(json, "ap50", figures.ap50);
  add_figure(json, "map", figures.map);
  add_figure(json, "pointing_game", figures.pointing_game);
  add_figure(json, "box_miou", figures.box_miou);
}

}  // namespace

Json metrics_json(const metrics::LocalizationEvaluation& evaluation, Json head) {
  Json json = std::move(head);
  json["n"] = evaluation.boxes;
  json["images"] = evaluation.images;
  json["patients"] = evaluation.patients == 0 ? Json() : Json(evaluation.patients);
  add_figures(json, evaluation.figures);
  json["classes"] = Json::object();
  for (const metrics::LocalizationClass& item : evaluation.classes) {
    json["classes"][item.name]["n"] = item.boxes;
    add_figures(json["classes"][item.name], item.figures);
  }
  return json;
}

}  // namespace evax::report
