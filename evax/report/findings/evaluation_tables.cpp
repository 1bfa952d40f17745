#include <fmt/format.h>

#include <algorithm>

#include "evax/report/findings/evaluation_sections.h"
#include "evax/report/html.h"
#include "evax/report/numbers.h"
#include "evax/report/plots/interval_plot.h"

namespace evax::report {
namespace {

using metrics::ClassFigures;
using metrics::Evaluation;
using metrics::Figure;
using metrics::SubgroupFigures;

std::string name_of(const SubgroupFigures& group) { return group.column + ": " + group.value; }

Cell cell(const Figure& figure) { return {shown(figure.value), shown(figure.interval)}; }

// Why a figure of the calls is undefined; Evaluation::notes tell of classes that are absent.
void add_reasons(const ClassFigures& figures, std::vector<std::string>& reasons) {
  const metrics::Confusion& confusion = figures.confusion;
  if (figures.positives + figures.negatives == 0) return;
  if (confusion.true_positive + confusion.false_positive == 0)
    reasons.push_back(figures.name + ": never called, so that its PPV is undefined");
  if (confusion.true_negative + confusion.false_negative == 0)
    reasons.push_back(figures.name + ": always called, so that its NPV is undefined");
}

std::string notes(const Evaluation& evaluation) {
  std::vector<std::string> sentences = evaluation.notes;
  for (const ClassFigures& figures : evaluation.classes) add_reasons(figures, sentences);
  std::string out;
  for (const std::string& sentence : sentences) out += html_paragraph(sentence, "soft");
  return out;
}

std::string call_rule(const Evaluation& evaluation) {
  const std::string calls =
      has_thresholds(evaluation)
          ? "Sensitivity, specificity, PPV, NPV and F1 are those of calls at the threshold."
          : "The call is the most probable class; each class is scored against the rest.";
  return calls +
         " AP (average precision) is the area under the precision-recall curve; guessing reaches "
         "the share of positive images.";
}

// An interval of so few says more than is known: all of it may be one value.
constexpr int64_t few = 10;

Cell group_cell(const ClassFigures& figures) {
  if (figures.auc.value && figures.positives < few)
    return {shown(figures.auc.value), fmt::format("{} positive", figures.positives)};
  if (figures.auc.value && figures.negatives < few)
    return {shown(figures.auc.value), fmt::format("{} negative", figures.negatives)};
  return cell(figures.auc);
}

// "13 of 14": the classes that a mean AUC is over.
std::string defined(const std::vector<ClassFigures>& classes) {
  const auto count = std::count_if(classes.begin(), classes.end(),
                                   [](const ClassFigures& c) { return c.auc.value.has_value(); });
  return fmt::format("{} of {}", count, classes.size());
}

// AUC of each class in each group.
std::string subgroup_classes(const std::vector<SubgroupFigures>& groups) {
  HtmlTable table;
  table.columns = {"AUC"};
  for (const SubgroupFigures& group : groups) table.columns.push_back(name_of(group));
  for (size_t c = 0; c < groups[0].classes.size(); ++c) {
    auto& row = table.rows.emplace_back();
    row.emplace_back(groups[0].classes[c].name);
    for (const SubgroupFigures& group : groups) row.push_back(group_cell(group.classes[c]));
  }
  return html_table(table);
}

}  // namespace

bool has_thresholds(const Evaluation& evaluation) {
  return std::any_of(evaluation.classes.begin(), evaluation.classes.end(),
                     [](const ClassFigures& figures) { return figures.threshold.has_value(); });
}

std::string class_table(const Evaluation& evaluation) {
  HtmlTable table;
  table.columns = {is_exclusive(evaluation) ? "Class" : "Finding", "Positive", "AUC", "AP"};
  if (has_thresholds(evaluation)) table.columns.emplace_back("Threshold");
  for (const char* name : {"Sensitivity", "Specificity", "PPV", "NPV", "F1"})
    table.columns.emplace_back(name);
  IntervalPlot plot{"AUC", {}, evaluation.mean_auc.value};
  for (const ClassFigures& c : evaluation.classes) {
    auto& row = table.rows.emplace_back();
    row = {c.name, Cell(shown_count(c.positives), "of " + shown_count(c.positives + c.negatives)),
           cell(c.auc), cell(c.average_precision)};
    if (has_thresholds(evaluation)) row.emplace_back(shown(c.threshold));
    for (const Figure* figure : {&c.sensitivity, &c.specificity, &c.ppv, &c.npv, &c.f1})
      row.push_back(cell(*figure));
    plot.rows.push_back(
        {c.name, c.auc, shown_count(c.positives) + " positive", with_interval(c.auc)});
  }
  return html_table(table) + html_paragraph(call_rule(evaluation), "soft") + notes(evaluation) +
         "<h3>AUC with 95 % intervals; dashed: their mean</h3>\n" +
         html_wide_figure(draw(plot), "AUC of each class with its 95 % interval");
}

std::string subgroup_figures(const Evaluation& evaluation) {
  if (evaluation.subgroups.empty()) return {};
  const bool exclusive = is_exclusive(evaluation);
  const std::string measure = exclusive ? "Accuracy" : "Mean AUC";
  HtmlTable table;
  table.columns = {"Group", "Mean AUC", "Images", "Patients", exclusive ? "Classes" : "Findings"};
  if (exclusive) table.columns.insert(table.columns.begin() + 1, "Accuracy");
  IntervalPlot plot{exclusive ? "accuracy" : "mean AUC",
                    {},
                    (exclusive ? evaluation.accuracy : evaluation.mean_auc).value};
  for (const SubgroupFigures& group : evaluation.subgroups) {
    const std::string name = name_of(group);
    auto& row = table.rows.emplace_back();
    row = {name, cell(group.mean_auc), shown_count(group.images),
           group.patients > 0 ? shown_count(group.patients) : undefined_mark,
           defined(group.classes)};
    if (exclusive) row.insert(row.begin() + 1, cell(group.accuracy));
    const Figure& figure = exclusive ? group.accuracy : group.mean_auc;
    plot.rows.push_back({name, figure, counted(group.images, "image"), with_interval(figure)});
  }
  return html_table(table) +
         html_paragraph(
             fmt::format("A mean AUC is over the {0} whose AUC is defined in the group (last "
                         "column): groups with other {0} are not comparable.",
                         exclusive ? "classes" : "findings"),
             "soft") +
         fmt::format("<h3>{} with 95 % intervals; dashed: all images</h3>\n", measure) +
         html_wide_figure(draw(plot), measure + " of each subgroup with its 95 % interval") +
         html_paragraph(fmt::format("With fewer than {} positive or negative images, their number "
                                    "is shown instead of an interval.",
                                    few),
                        "soft") +
         subgroup_classes(evaluation.subgroups);
}

}  // namespace evax::report
