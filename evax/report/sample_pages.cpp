// Pages for the tests and for a look in a browser. Their figures are made up: only their shape
// matters.

#include <cmath>

#include "evax/report/explain/page.h"
#include "evax/report/test_support.h"

namespace evax::report {
namespace {

using metrics::ClassFigures;
using metrics::Figure;
using metrics::Interval;

Figure figure(double value, double half) {
  return {value, Interval{std::max(0., value - half), std::min(1., value + half)}};
}

double normal_tail(double z) { return 0.5 * std::erfc(z / std::sqrt(2)); }

// The curves of two normal distributions `distance` apart.
ClassCurves curves_of(double distance, double prevalence) {
  ClassCurves curves;
  curves.roc.push_back({0, 0});
  curves.precision_recall.push_back({0, 1});
  for (double z = 5; z > -5; z -= 0.01) {
    const double false_positives = normal_tail(z);
    const double recall = normal_tail(z - distance);
    const double positives = recall * prevalence;
    curves.roc.push_back({false_positives, recall});
    curves.precision_recall.push_back(
        {recall, positives / (positives + false_positives * (1 - prevalence))});
  }
  curves.roc.push_back({1, 1});
  return curves;
}

metrics::Calibration calibration(double tilt) {
  metrics::Calibration calibration{0.031 + tilt / 10, 0.084, {}};
  for (int i = 0; i < 10; ++i) {
    const double predicted = 0.05 + 0.1 * i;
    calibration.bins.push_back({predicted, std::pow(predicted, 1 + tilt),
                                static_cast<int64_t>(4000 * std::exp(-0.6 * i)) + 3});
  }
  return calibration;
}

ClassFigures class_figures(const std::string& name, int64_t positives, int64_t images,
                           double distance) {
  ClassFigures c;
  c.name = name;
  c.positives = positives;
  c.negatives = images - positives;
  if (positives == 0) {  // absent: called all the same
    c.threshold = 0.07;
    c.confusion = {0, images / 5, images - images / 5, 0};
    c.specificity = figure(0.8, 0.005);
    c.calibration = calibration(0.1);
    return c;
  }
  const double half = 0.6 / std::sqrt(static_cast<double>(positives));
  const double prevalence = static_cast<double>(positives) / static_cast<double>(images);
  const double sensitivity = normal_tail(-distance / 2);
  c.auc = figure(normal_tail(-distance / std::sqrt(2)), half);
  c.average_precision = figure(std::min(0.9, 3 * prevalence), half);
  c.threshold = 0.07;
  c.sensitivity = figure(sensitivity, half);
  c.specificity = figure(sensitivity, half / 5);
  c.accuracy = figure(sensitivity, half / 5);
  const auto round = [](double value) { return static_cast<int64_t>(std::llround(value)); };
  const int64_t found = round(sensitivity * static_cast<double>(c.positives));
  const int64_t spared = round(sensitivity * static_cast<double>(c.negatives));
  c.confusion = {found, c.negatives - spared, spared, c.positives - found};
  c.ppv = figure(static_cast<double>(found) / static_cast<double>(found + c.negatives - spared),
                 half / 2);
  c.npv = figure(0.99, 0.004);
  c.f1 = figure(0.3, half / 2);
  c.calibration = calibration(0.1);
  return c;
}

const std::string thumbnail =
    content(std::string(EVAX_SOURCE_DIR) + "/demo/xrays/00001368_000.png");

void add_examples(EvaluationPage& page, const std::string& name) {
  for (const Verdict verdict : {Verdict::right, Verdict::right, Verdict::wrong, Verdict::missed})
    page.examples.push_back({name, verdict, "00001368_000.png",
                             verdict == Verdict::missed ? 0.013 : 0.972,
                             verdict == Verdict::wrong ? "no finding" : name, thumbnail});
}

}  // namespace

EvaluationPage findings_page() {
  struct Finding {
    const char* name;
    int64_t positives;
    double distance;
  };
  const std::vector<Finding> findings{
      {"Atelectasis", 3279, 1.16},   {"Cardiomegaly", 1069, 1.75},
      {"Effusion", 4658, 1.38},      {"Infiltration", 6112, 0.78},
      {"Mass", 1748, 1.39},          {"Nodule", 1623, 1.1},
      {"Pneumonia", 555, 0.9},       {"Pneumothorax", 2665, 1.65},
      {"Consolidation", 1815, 0.97}, {"Edema", 925, 1.5},
      {"Emphysema", 1093, 1.95},     {"Fibrosis", 435, 1.36},
      {"Pleural_Thickening", 0, 0},  {"Hernia <script>alert('\"x\"')</script>", 86, 2.0}};
  EvaluationPage page;
  page.title = "Evaluation of best.safetensors on chestxray14 test";
  page.model = "best.safetensors (eva_x_tiny, 5.5 M parameters)";
  page.data = "chestxray14 test";
  metrics::Evaluation& e = page.evaluation;
  e.images = 25596;
  e.patients = 2797;
  e.by_patient = true;
  e.mean_auc = figure(0.8241, 0.006);
  e.mean_average_precision = figure(0.291, 0.009);
  e.label_accuracy = figure(0.784, 0.004);
  e.calibration = calibration(0.05);
  for (const Finding& finding : findings) {
    e.classes.push_back(class_figures(finding.name, finding.positives, e.images, finding.distance));
    page.curves.push_back(
        finding.positives == 0
            ? ClassCurves{}
            : curves_of(finding.distance, static_cast<double>(finding.positives) / 25596));
  }
  e.notes = {
      "Pleural_Thickening: no positive among 25596 images: AUC is undefined and left out of the "
      "mean"};
  for (const auto& [column, value, images, auc] :
       std::vector<std::tuple<std::string, std::string, int64_t, double>>{
           {"sex", "F", 10714, 0.829},
           {"sex", "M", 14882, 0.819},
           {"age", "0-18", 1403, 0.787},
           {"age", "18-40", 7620, 0.821},
           {"age", "40-65", 13040, 0.826},
           {"age", "65 and over", 3533, 0.818},
           {"view", "AP", 13402, 0.794},
           {"view", "PA", 12194, 0.838}}) {
    metrics::SubgroupFigures group{column, value, images, images / 9, {}, {}, {}};
    group.mean_auc = figure(auc, 0.8 / std::sqrt(static_cast<double>(images)));
    for (const ClassFigures& c : e.classes) {
      ClassFigures part;
      part.name = c.name;
      part.auc = c.auc;
      part.positives = c.positives * images / e.images;
      part.negatives = images - part.positives;
      group.classes.push_back(part);
    }
    e.subgroups.push_back(group);
  }
  page.uncalibrated = calibration(0.6);
  add_examples(page, "Cardiomegaly");
  add_examples(page, "Pneumothorax");
  page.examples[0].link = "explain.html" + page_address(0, "Cardiomegaly");
  page.training = {{"loss", {{"training", {}}, {"validation", {}}}, {}},
                   {"validation mean AUC", {{"", {}}}, Point{26, 0.823}}};
  for (int epoch = 1; epoch <= 30; ++epoch) {
    const double done = epoch / 30.;
    page.training[0].lines[0].points.push_back({epoch * 1., 0.15 + 0.2 * std::exp(-4 * done)});
    page.training[0].lines[1].points.push_back({epoch * 1., 0.18 + 0.15 * std::exp(-5 * done)});
    page.training[1].lines[0].points.push_back({epoch * 1., 0.823 - 0.2 * std::exp(-5 * done)});
  }
  page.protocol = {
      {"Model",
       {{"file", "best.safetensors"},
        {"sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}},
      {"Data", {{"list", "test_official.txt"}, {"unreadable images", "0"}}},
      {"Thresholds", {{"rule", "youden"}, {"chosen on", "validation (11,212 images)"}}},
      {"Bootstrap", {{"draws", "2000"}, {"unit", "patient"}, {"seed", "0"}}}};
  return page;
}

EvaluationPage exclusive_page() {
  EvaluationPage page;
  page.title = "Evaluation of covid.safetensors on covidx3 test";
  page.model = "covid.safetensors (eva_x_small, 22.0 M parameters)";
  page.data = "covidx3 test";
  page.selected_on_test = true;
  metrics::Evaluation& e = page.evaluation;
  e.images = 400;
  e.accuracy = figure(0.975, 0.015);
  e.balanced_accuracy = figure(0.97, 0.018);
  e.mean_auc = figure(0.998, 0.002);
  e.mean_average_precision = figure(0.991, 0.006);
  e.confusion_matrix = {{98, 2, 0}, {1, 96, 3}, {1, 3, 196}};
  e.calibration = calibration(0.2);
  for (const char* name : {"normal", "pneumonia", "COVID-19"}) {
    const int64_t positives = std::string(name) == "COVID-19" ? 200 : 100;
    e.classes.push_back(class_figures(name, positives, 400, 3.4));
    e.classes.back().threshold.reset();
    page.curves.push_back(curves_of(3.4, static_cast<double>(positives) / 400));
  }
  page.protocol = {{"Selection", {{"protocol", "paper"}, {"selected on", "test"}}}};
  return page;
}

SegmentationPage masks_page() {
  SegmentationPage page;
  page.title = "Evaluation of lungs.safetensors on shared lungs";
  page.model = "lungs.safetensors (eva_x_tiny, 8.1 M parameters)";
  page.data = "lungs test";
  metrics::SegmentationEvaluation& e = page.evaluation;
  e.images = 40;
  e.patients = 31;
  e.by_patient = true;
  e.distance_unit = "px";
  e.figures.dice = figure(0.943, 0.012);
  e.figures.jaccard = figure(0.892, 0.02);
  e.figures.dice_per_image = figure(0.931, 0.018);
  e.figures.jaccard_per_image = figure(0.878, 0.024);
  e.figures.hd95 = {14.2, Interval{9.8, 19.1}};
  e.mdice = figure(0.961, 0.01);
  e.miou = figure(0.931, 0.012);
  metrics::SegmentationClass lung;
  lung.name = "lung";
  lung.threshold = 0.3;
  lung.with_target = 38;
  lung.empty = 2;
  lung.with_distance = 38;
  lung.figures = e.figures;
  e.classes = {lung};
  page.dices.emplace_back();
  for (int i = 0; i < 38; ++i) page.dices[0].push_back(1 - 0.04 * std::exp(0.08 * i));
  for (const char* rank : {"best", "median", "worst"})
    page.examples.push_back({"lung", rank, "00001368_000.png", 0.94, thumbnail});
  page.protocol = {{"Method", {{"thresholds", "those of the model file"}}}};
  return page;
}

}  // namespace evax::report
