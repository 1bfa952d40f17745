#include "evax/report/evaluation_page.h"

#include <fmt/format.h>

#include "evax/report/evaluation_sections.h"
#include "evax/report/html.h"
#include "evax/report/markup.h"
#include "evax/report/numbers.h"

namespace evax::report {
namespace {

constexpr const char* selection_warning =
    "Warning: the best epoch was selected on the TEST set itself (protocol “paper”, as the "
    "original "
    "work did). These figures are too good: expect less on images that had no part in the "
    "selection.";
constexpr const char* disclaimer = "For research only: not a medical device, not for diagnosis.";

std::string headline_item(const std::string& name, const metrics::Figure& figure) {
  const std::string interval = shown(figure.interval);
  return fmt::format("<div>{}<b>{}</b><span class=\"soft\">{}</span></div>\n", name,
                     shown(figure.value),
                     interval.empty() ? "no interval" : "95 % interval " + interval);
}

std::string headline(const metrics::Evaluation& evaluation) {
  std::string items;
  if (is_exclusive(evaluation))
    items += headline_item("Accuracy", evaluation.accuracy) +
             headline_item("Balanced accuracy", evaluation.balanced_accuracy);
  items += headline_item("Mean AUC", evaluation.mean_auc) +
           headline_item("Mean average precision", evaluation.mean_average_precision);
  if (!is_exclusive(evaluation))
    items += headline_item("Label accuracy", evaluation.label_accuracy);
  return "<div class=\"headline\">\n" + items + "</div>\n";
}

std::string lead(const EvaluationPage& page) {
  const metrics::Evaluation& evaluation = page.evaluation;
  const std::string patients = evaluation.patients > 0
                                   ? " of " + counted(evaluation.patients, "patient")
                                   : ", patients not known";
  const std::string classes =
      is_exclusive(evaluation)
          ? fmt::format("one of {} classes for each image", evaluation.classes.size())
          : counted(static_cast<int64_t>(evaluation.classes.size()), "finding") +
                ", any of which an image may show";
  return fmt::format("<p>Model {} on {}: <b>{}{}</b>; {}.</p>\n", html_name(page.model),
                     html_name(page.data), counted(evaluation.images, "image"), patients, classes);
}

std::string training(const std::vector<TrainingCurves>& curves) {
  std::vector<std::string> figures;
  for (const TrainingCurves& item : curves)
    figures.push_back(html_figure(item.label, item.mark ? "ring: the epoch that was kept" : "",
                                  draw(training_plot(item.label, item.lines, item.mark))));
  return html_grid(figures);
}

std::string protocol(const std::vector<ProtocolSection>& sections) {
  std::string out;
  for (const ProtocolSection& section : sections) {
    HtmlTable table;
    table.text_columns = 2;
    for (const auto& [name, value] : section.lines) table.rows.push_back({name, value});
    out += fmt::format("<h3>{}</h3>\n{}", html_name(section.heading), html_table(table));
  }
  return out;
}

}  // namespace

std::string evaluation_page(const EvaluationPage& page) {
  const metrics::Evaluation& evaluation = page.evaluation;
  std::string body = fmt::format("<h1>{}</h1>\n", html_name(page.title)) + lead(page);
  if (page.selected_on_test) body += html_paragraph(selection_warning, "warning");
  body += headline(evaluation);
  body += html_paragraph(
      fmt::format(
          "Intervals hold the middle 95 % of what a bootstrap over the {} gives. “–” stands "
          "where a figure is undefined.",
          evaluation.by_patient ? "patients" : "images"),
      "soft");
  if (is_exclusive(evaluation) && has_thresholds(evaluation))
    body += html_paragraph(
        "Both accuracies are those of the most probable class; the figures of each class below are "
        "those at the threshold.",
        "soft");
  body += html_section(is_exclusive(evaluation) ? "Each class" : "Each finding",
                       class_table(evaluation));
  body += curve_plots(page);
  body += html_section("Right and wrong calls", confusion_plots(evaluation));
  body +=
      html_section("Calibration: do probabilities mean what they say?", calibration_plots(page));
  body += html_section("Subgroups", subgroup_figures(evaluation));
  body += html_section("Examples", example_images(page.examples));
  body += html_section("Training", training(page.training));
  body += html_section("Protocol", protocol(page.protocol));
  body += fmt::format("<footer>{}</footer>\n", disclaimer);
  return html_page(page.title, body);
}

}  // namespace evax::report
