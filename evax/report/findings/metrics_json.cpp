#include "evax/report/findings/metrics_json.h"

#include <nlohmann/json.hpp>

#include "evax/report/figure_json.h"

namespace evax::report {
namespace {

using Json = nlohmann::ordered_json;
using report::json_of;

Json json_of(const metrics::Confusion& confusion) {
  return {{"tp", confusion.true_positive},
          {"fp", confusion.false_positive},
          {"tn", confusion.true_negative},
          {"fn", confusion.false_negative}};
}

Json json_of(const metrics::Calibration& calibration) {
  Json bins = Json::array();
  for (const auto& bin : calibration.bins)
    bins.push_back({{"mean_probability", bin.mean_probability},
                    {"observed", bin.observed},
                    {"count", bin.count}});
  return {{"ece", json_of(calibration.ece)},
          {"brier", json_of(calibration.brier)},
          {"bins", std::move(bins)}};
}

Json json_of(const metrics::ClassFigures& figures) {
  Json json;
  add_figure(json, "auc", figures.auc);
  add_figure(json, "average_precision", figures.average_precision);
  json["threshold"] = json_of(figures.threshold);
  add_figure(json, "sensitivity", figures.sensitivity);
  add_figure(json, "specificity", figures.specificity);
  add_figure(json, "ppv", figures.ppv);
  add_figure(json, "npv", figures.npv);
  add_figure(json, "f1", figures.f1);
  add_figure(json, "accuracy", figures.accuracy);
  json["n_positive"] = figures.positives;
  json["n_negative"] = figures.negatives;
  json["confusion"] = json_of(figures.confusion);
  json["calibration"] = json_of(figures.calibration);
  return json;
}

// A part of the images: each class with its area and counts.
Json json_of(const metrics::SubgroupFigures& group) {
  Json json{{"column", group.column},
            {"value", group.value},
            {"n", group.images},
            {"patients", group.patients}};
  add_figure(json, "mean_auc", group.mean_auc);
  add_figure(json, "accuracy", group.accuracy);
  json["classes"] = Json::object();
  for (const metrics::ClassFigures& figures : group.classes) {
    Json& entry = json["classes"][figures.name];
    add_figure(entry, "auc", figures.auc);
    entry["n_positive"] = figures.positives;
    entry["n_negative"] = figures.negatives;
  }
  return json;
}

}  // namespace

Json metrics_json(const metrics::Evaluation& evaluation, Json head) {
  Json json = std::move(head);
  json["n"] = evaluation.images;
  json["patients"] = evaluation.patients == 0 ? Json() : Json(evaluation.patients);
  add_figure(json, "mean_auc", evaluation.mean_auc);
  add_figure(json, "mean_average_precision", evaluation.mean_average_precision);
  add_figure(json, "accuracy", evaluation.accuracy);
  add_figure(json, "balanced_accuracy", evaluation.balanced_accuracy);
  add_figure(json, "label_accuracy", evaluation.label_accuracy);
  json["classes"] = Json::object();
  for (const metrics::ClassFigures& figures : evaluation.classes)
    json["classes"][figures.name] = json_of(figures);
  json["confusion_matrix"] =
      evaluation.confusion_matrix.empty() ? Json() : Json(evaluation.confusion_matrix);
  json["calibration"] = json_of(evaluation.calibration);
  json["subgroups"] = Json::array();
  for (const metrics::SubgroupFigures& group : evaluation.subgroups)
    json["subgroups"].push_back(json_of(group));
  json["notes"] = evaluation.notes;
  return json;
}

}  // namespace evax::report
