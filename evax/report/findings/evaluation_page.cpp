#include "evax/report/findings/evaluation_page.h"

#include <fmt/format.h>

#include "evax/report/findings/evaluation_sections.h"
#include "evax/report/html.h"
#include "evax/report/numbers.h"

namespace evax::report {
namespace {

std::string headline_of(const metrics::Evaluation& evaluation) {
  std::vector<std::pair<std::string, metrics::Figure>> figures;
  if (is_exclusive(evaluation))
    figures = {{"Accuracy", evaluation.accuracy},
               {"Balanced accuracy", evaluation.balanced_accuracy}};
  figures.emplace_back("Mean AUC", evaluation.mean_auc);
  figures.emplace_back("Mean average precision", evaluation.mean_average_precision);
  if (!is_exclusive(evaluation)) figures.emplace_back("Label accuracy", evaluation.label_accuracy);
  return headline(figures);
}

std::string lead_of(const EvaluationPage& page) {
  const metrics::Evaluation& evaluation = page.evaluation;
  const std::string classes =
      is_exclusive(evaluation)
          ? fmt::format("one of {} classes for each image", evaluation.classes.size())
          : counted(static_cast<int64_t>(evaluation.classes.size()), "finding") +
                ", of which an image may have several";
  return lead(page, evaluation.images, evaluation.patients, classes);
}

}  // namespace

std::string evaluation_page(const EvaluationPage& page) {
  const metrics::Evaluation& evaluation = page.evaluation;
  std::string body = headline_of(evaluation) + interval_note(evaluation.by_patient);
  if (is_exclusive(evaluation) && has_thresholds(evaluation))
    body += html_paragraph(
        "Both accuracies are those of the most probable class; the figures of each class below are "
        "those at the threshold.",
        "soft");
  body += html_section(is_exclusive(evaluation) ? "Each class" : "Each finding",
                       class_table(evaluation));
  body += curve_plots(page);
  body += html_section("Right and wrong calls", confusion_plots(evaluation));
  body += html_section("Calibration: do probabilities match the observed frequencies?",
                       calibration_plots(page));
  body += html_section("Subgroups", subgroup_figures(evaluation));
  body += html_section("Examples", example_images(page.examples));
  return framed_page(page, lead_of(page), body);
}

}  // namespace evax::report
