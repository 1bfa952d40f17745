#include "evax/evaluation/folder.h"

#include <algorithm>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/evaluation/describe.h"
#include "evax/evaluation/examples.h"
#include "evax/metrics/findings/curves.h"
#include "evax/report/explain/page.h"
#include "evax/report/findings/predictions_file.h"

namespace evax::evaluation {
namespace {

using Json = nlohmann::ordered_json;

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

std::vector<report::ProtocolSection> protocol_of(const Judgement& judgement) {
  const Subject& subject = judgement.subject;
  const auto images = static_cast<size_t>(judgement.evaluation.images);
  std::vector<report::ProtocolSection> sections =
      model_sections(subject, images, judgement.unreadable.size());
  sections.front().lines.emplace_back(
      "temperature",
      subject.model->temperature ? fmt::format("{:.3f}", *subject.model->temperature) : "none");
  sections.push_back(
      {"Method",
       {selection_line(subject),
        {"thresholds", threshold_line(judgement.rules)},
        {"intervals", interval_line(judgement.rules, judgement.evaluation.by_patient)},
        {"figures", "scikit-learn's definitions; undefined where a class has one label only"}}});
  return sections;
}

// The page of the examples, each image on it once; links them to it.
std::string explain_examples(const char* page, Examples& examples, const ExplainSamples& explain) {
  std::vector<uint32_t> samples;
  for (size_t i = 0; i < examples.shown.size(); ++i) {
    const auto at = std::find(samples.begin(), samples.end(), examples.samples[i]);
    const auto place = static_cast<size_t>(at - samples.begin());
    if (at == samples.end()) samples.push_back(examples.samples[i]);
    report::Example& example = examples.shown[i];
    example.link = page + report::page_address(place, example.class_name);
  }
  return samples.empty() ? "" : explain(samples);
}

}  // namespace

void write_folder(const std::string& folder, const Judgement& judgement, const Json& more,
                  std::vector<report::TrainingCurves> training, const ExplainSamples& explain) {
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
  constexpr const char* explain_page = "explain.html";
  Examples examples = examples_of(judgement);
  const std::string explanations = explain ? explain_examples(explain_page, examples, explain) : "";
  page.examples = std::move(examples.shown);
  page.training = std::move(training);
  page.protocol = protocol_of(judgement);

  // Of an earlier evaluation: metrics.json is there again when all the rest is.
  const std::string unreadable = folder + "/unreadable_" + judgement.subject.set + ".csv";
  for (const std::string& path :
       {folder + "/metrics.json", unreadable, folder + "/" + explain_page})
    std::filesystem::remove(path);
  if (!explanations.empty()) write_file(folder + "/" + explain_page, explanations);
  write_file(folder + "/predictions.csv", report::predictions_csv(judgement.predictions));
  if (!judgement.unreadable.empty()) write_unreadable(unreadable, judgement.unreadable);
  write_file(folder + "/report.html", report::evaluation_page(page));
  write_file(folder + "/metrics.json", json_text(metrics, 2) + "\n");
}

}  // namespace evax::evaluation
