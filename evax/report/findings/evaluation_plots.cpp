#include <fmt/format.h>

#include <algorithm>

#include "evax/report/findings/confusion_plot.h"
#include "evax/report/findings/evaluation_sections.h"
#include "evax/report/findings/reliability_plot.h"
#include "evax/report/html.h"
#include "evax/report/markup.h"
#include "evax/report/numbers.h"

namespace evax::report {
namespace {

using metrics::Calibration;
using metrics::ClassFigures;
using metrics::Evaluation;

// Where the threshold in use lies on the curve; nowhere when the call is the argmax.
std::optional<Point> operating_point(const ClassFigures& figures, const metrics::Figure& x,
                                     const metrics::Figure& y) {
  if (!figures.threshold || !x.value || !y.value) return std::nullopt;
  return Point{*x.value, *y.value};
}

std::string missing_figure(const std::string& caption, const char* reason) {
  return fmt::format("<figure><figcaption><b>{}</b><span>{}</span></figcaption></figure>\n",
                     html_name(caption), reason);
}

std::string roc_figure(const ClassFigures& figures, const std::vector<Point>& curve) {
  if (curve.empty())
    return missing_figure(figures.name, "undefined: no positive or no negative image");
  metrics::Figure false_positives;
  if (figures.specificity.value) false_positives.value = 1 - *figures.specificity.value;
  const auto mark = operating_point(figures, false_positives, figures.sensitivity);
  return html_figure(figures.name, "AUC " + with_interval(figures.auc),
                     draw(roc_plot(curve, mark)));
}

std::string precision_recall_figure(const ClassFigures& figures, const std::vector<Point>& curve) {
  if (curve.empty())
    return missing_figure(figures.name, "undefined: no positive or no negative image");
  const double prevalence = static_cast<double>(figures.positives) /
                            static_cast<double>(figures.positives + figures.negatives);
  const auto mark = operating_point(figures, figures.sensitivity, figures.ppv);
  return html_figure(
      figures.name,
      fmt::format("AP {}, prevalence {:.3f}", with_interval(figures.average_precision), prevalence),
      draw(precision_recall_plot(curve, prevalence, mark)));
}

std::string calibration_figure(const std::string& caption, const Calibration& calibration) {
  if (calibration.bins.empty()) return missing_figure(caption, "undefined: no labelled image");
  return html_figure(
      caption,
      fmt::format("ECE {}, Brier score {}", shown(calibration.ece), shown(calibration.brier)),
      reliability_plot(calibration.bins));
}

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::right: return "Right call";
    case Verdict::wrong: return "Wrong call";
    case Verdict::missed: break;
  }
  return "Missed";
}

std::string example_figure(const Example& example) {
  const std::string picture = fmt::format("<img alt=\"{}\" src=\"data:image/png;base64,{}\">",
                                          escaped(example.caption), base64(example.png));
  const std::string reasons = fmt::format("href=\"{}\">", escaped(example.link));
  return fmt::format(
      "<figure>{}<figcaption><b>{}</b>, probability {:.3f}<span>truth: {}</span><span>{}</span>{}"
      "</figcaption></figure>\n",
      example.link.empty() ? picture : "<a tabindex=\"-1\" " + reasons + picture + "</a>",
      name_of(example.verdict), example.probability, html_name(example.truth),
      html_name(example.caption),
      example.link.empty() ? "" : "<span><a " + reasons + "what the model saw</a></span>");
}

}  // namespace

std::string curve_plots(const EvaluationPage& page) {
  std::vector<std::string> roc;
  std::vector<std::string> precision_recall;
  for (size_t i = 0; i < page.curves.size(); ++i) {
    const ClassFigures& figures = page.evaluation.classes[i];
    roc.push_back(roc_figure(figures, page.curves[i].roc));
    precision_recall.push_back(precision_recall_figure(figures, page.curves[i].precision_recall));
  }
  if (roc.empty()) return {};
  const std::string ring = has_thresholds(page.evaluation) ? " Ring: the threshold in use." : "";
  return html_section("ROC curves",
                      html_paragraph("Dashed: chance." + ring, "soft") + html_grid(roc)) +
         html_section(
             "Precision-recall curves",
             html_paragraph("Dashed: the share of positive images, which guessing reaches." + ring,
                            "soft") +
                 html_grid(precision_recall));
}

std::string confusion_plots(const Evaluation& evaluation) {
  std::vector<std::string> figures;
  if (is_exclusive(evaluation)) {
    ConfusionPlot plot{{}, {}, evaluation.confusion_matrix};
    for (const ClassFigures& c : evaluation.classes) plot.truths.push_back(c.name);
    plot.calls = plot.truths;
    return html_paragraph(std::string("Images, and their share of the row. The call is the most "
                                      "probable class") +
                              (has_thresholds(evaluation) ? ", whatever the threshold." : "."),
                          "soft") +
           html_wide_figure(draw(plot), "Confusion matrix: truth in rows, calls in columns");
  }
  for (const ClassFigures& c : evaluation.classes)
    figures.push_back(html_figure(
        c.name, c.threshold ? "called at " + shown(c.threshold) + " or more" : "",
        draw(ConfusionPlot{{"present", "absent"},
                           {"called", "not called"},
                           {{c.confusion.true_positive, c.confusion.false_negative},
                            {c.confusion.false_positive, c.confusion.true_negative}}})));
  return html_paragraph("Images, and their share of the row.", "soft") + html_grid(figures);
}

std::string calibration_plots(const EvaluationPage& page) {
  const Evaluation& evaluation = page.evaluation;
  std::vector<std::string> figures;
  if (page.uncalibrated)
    figures.push_back(calibration_figure("All, before calibration", *page.uncalibrated));
  figures.push_back(calibration_figure(page.uncalibrated ? "All, after calibration" : "All",
                                       evaluation.calibration));
  for (const ClassFigures& c : evaluation.classes)
    figures.push_back(calibration_figure(c.name, c.calibration));
  const bool summed = is_exclusive(evaluation) && evaluation.classes.size() > 2;
  return html_paragraph(
             std::string("On the dashed line, 30 % of the images with a probability of 30 % are "
                         "positive. A dot's area shows its number of images. ECE: expected "
                         "calibration error; for both figures 0 is best.") +
                 (summed ? " The Brier score of all is summed over the classes: at most 2." : ""),
             "soft") +
         html_grid(figures);
}

std::string example_images(const std::vector<Example>& examples) {
  std::vector<std::string> names;
  for (const Example& example : examples)
    if (std::find(names.begin(), names.end(), example.class_name) == names.end())
      names.push_back(example.class_name);
  if (names.empty()) return {};
  std::string out = html_paragraph(
      "The images with the most confident calls, right and wrong. The probability is that of the "
      "heading's class.",
      "soft");
  for (const std::string& name : names) {
    std::vector<std::string> figures;
    for (const Example& example : examples)
      if (example.class_name == name) figures.push_back(example_figure(example));
    out += fmt::format("<h3>{}</h3>\n", html_name(name)) + html_grid(figures);
  }
  return out;
}

}  // namespace evax::report
