#include "evax/evaluation/folder.h"

#include <filesystem>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/evaluation/examples.h"
#include "evax/metrics/curves.h"
#include "evax/report/predictions_file.h"

namespace evax::evaluation {
namespace {

using Json = nlohmann::ordered_json;
using report::ProtocolSection;

std::vector<report::ClassCurves> curves_of(const metrics::Predictions& predictions) {
  const size_t classes = predictions.classes.size();
  std::vector<report::ClassCurves> curves(classes);
  for (size_t c = 0; c < classes; ++c) {
    const auto labels = metrics::column<float>(predictions.labels, classes, c);
    const auto scores = metrics::column<double>(predictions.probabilities, classes, c);
    const metrics::Ranking ranking = metrics::rank(labels, scores);
    for (const auto& point : metrics::roc_curve(ranking, scores))
      curves[c].roc.push_back({point.false_positive_rate, point.true_positive_rate});
    for (const auto& point : metrics::precision_recall_curve(ranking, scores))
      curves[c].precision_recall.push_back({point.recall, point.precision});
  }
  return curves;
}

std::string model_line(const Subject& subject) {
  return fmt::format("{} ({}, {:.1f} M parameters)", subject.model_name,
                     subject.model->model.variant,
                     static_cast<double>(parameter_count(subject.model->model)) / 1e6);
}

std::string interval_line(const Judgement& judgement) {
  if (judgement.rules.options.draws == 0) return "not computed";
  return fmt::format(
      "95 %, percentiles of {} bootstrap draws of {}, seed {}", judgement.rules.options.draws,
      judgement.evaluation.by_patient ? "patients" : "images", judgement.rules.options.seed);
}

std::vector<ProtocolSection> protocol_of(const Judgement& judgement, const Json& metrics) {
  const Subject& subject = judgement.subject;
  const weights::Preprocess& p = subject.model->preprocess;
  ProtocolSection model{"Model", {}};
  model.lines = {
      {"file", subject.model_name},
      {"architecture", subject.model->model.variant},
      {"SHA-256", subject.model_sha256},
      {"input", fmt::format("{0} x {0} pixels, resized to {1}, mean {2:.4f}, "
                            "standard deviation {3:.4f}",
                            p.crop, p.resize[0], p.mean[0], p.std[0])},
      {"temperature",
       subject.model->temperature ? fmt::format("{:.3f}", *subject.model->temperature) : "none"}};
  ProtocolSection origin{"Where the model comes from", {}};
  for (const auto& [name, text] : subject.model->provenance) origin.lines.emplace_back(name, text);
  const ProtocolSection data{
      "Data",
      {{"list", subject.images->source},
       {"set", subject.set},
       {"SHA-256 of paths and labels", metrics.at("data").at("sha256").get<std::string>()},
       {"images", fmt::format("{} judged, {} unreadable", judgement.evaluation.images,
                              judgement.unreadable.size())}}};
  const ProtocolSection method{
      "Method",
      {{"protocol", subject.selected_on_test ? "paper: the best epoch was chosen on these images"
                                             : "validation: evax chose nothing on these images"},
       {"thresholds", threshold_line(judgement.rules)},
       {"intervals", interval_line(judgement)},
       {"figures", "scikit-learn's definitions; undefined where a class has one label only"}}};
  std::vector<ProtocolSection> sections{model, data, method};
  if (!origin.lines.empty()) sections.insert(sections.begin() + 1, origin);
  return sections;
}

void write_unreadable(const std::string& path, const Judgement& judgement) {
  std::string text = "path,reason\n";
  for (const auto& [image, reason] : judgement.unreadable)
    text += csv_field(image) + "," + csv_field(reason) + "\n";
  write_file(path, text);
}

}  // namespace

void write_folder(const std::string& folder, const Judgement& judgement, const Json& more,
                  std::vector<report::TrainingCurves> training) {
  const Json metrics = metrics_of(judgement, more);
  report::EvaluationPage page;
  page.title = fmt::format("{} on {}", judgement.subject.model->model.variant,
                           metrics.at("data").at("name").get<std::string>());
  page.model = model_line(judgement.subject);
  page.data = metrics.at("data").at("name").get<std::string>() + ", set " + judgement.subject.set;
  page.selected_on_test = judgement.subject.selected_on_test;
  page.evaluation = judgement.evaluation;
  page.curves = curves_of(judgement.sigmoids.value_or(judgement.predictions));
  page.uncalibrated = judgement.uncalibrated;
  page.examples = examples_of(judgement);
  page.training = std::move(training);
  page.protocol = protocol_of(judgement, metrics);

  // Of an earlier evaluation: metrics.json is there again when all the rest is.
  const std::string unreadable = folder + "/unreadable_" + judgement.subject.set + ".csv";
  for (const std::string& path : {folder + "/metrics.json", unreadable})
    std::filesystem::remove(path);
  write_file(folder + "/predictions.csv", report::predictions_csv(judgement.predictions));
  if (!judgement.unreadable.empty()) write_unreadable(unreadable, judgement);
  write_file(folder + "/report.html", report::evaluation_page(page));
  write_file(folder + "/metrics.json",
             metrics.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace evax::evaluation
