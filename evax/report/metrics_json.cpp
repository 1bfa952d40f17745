#include "evax/report/metrics_json.h"

#include <nlohmann/json.hpp>

namespace evax::report {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// NAME and NAME_ci.
void add(Json& json, const std::string& name, const metrics::Figure& figure) {
  json[name] = json_of(figure.value);
  json[name + "_ci"] =
      figure.interval ? Json::array({figure.interval->low, figure.interval->high}) : Json();
}

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
  add(json, "auc", figures.auc);
  add(json, "average_precision", figures.average_precision);
  json["threshold"] = json_of(figures.threshold);
  add(json, "sensitivity", figures.sensitivity);
  add(json, "specificity", figures.specificity);
  add(json, "ppv", figures.ppv);
  add(json, "npv", figures.npv);
  add(json, "f1", figures.f1);
  add(json, "accuracy", figures.accuracy);
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
  add(json, "mean_auc", group.mean_auc);
  add(json, "accuracy", group.accuracy);
  json["classes"] = Json::object();
  for (const metrics::ClassFigures& figures : group.classes) {
    Json& entry = json["classes"][figures.name];
    add(entry, "auc", figures.auc);
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
  add(json, "mean_auc", evaluation.mean_auc);
  add(json, "mean_average_precision", evaluation.mean_average_precision);
  add(json, "accuracy", evaluation.accuracy);
  add(json, "balanced_accuracy", evaluation.balanced_accuracy);
  add(json, "label_accuracy", evaluation.label_accuracy);
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
