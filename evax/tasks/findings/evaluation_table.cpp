#include "evax/tasks/findings/evaluation_table.h"

#include "evax/core/error.h"
#include "evax/evaluation/describe.h"
#include "evax/tasks/data/data_report.h"

namespace evax::tasks {
namespace {

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string class_rows(const metrics::Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows{{"class", "AUC (95 %)", "AP", "threshold",
                                              "sensitivity", "specificity", "PPV", "NPV", "F1",
                                              "positive", "negative"}};
  for (const metrics::ClassFigures& c : evaluation.classes)
    rows.push_back({printable(c.name), shown(c.auc), number(c.average_precision.value),
                    number(c.threshold), number(c.sensitivity.value), number(c.specificity.value),
                    number(c.ppv.value), number(c.npv.value), number(c.f1.value),
                    std::to_string(c.positives), std::to_string(c.negatives)});
  return aligned(rows);
}

std::string mean_rows(const metrics::Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const char* name, const metrics::Figure& figure) {
    if (figure.value) rows.push_back({name, shown(figure)});
  };
  rows.push_back({"mean AUC", shown(evaluation.mean_auc)});
  add("mean average precision", evaluation.mean_average_precision);
  add("accuracy (top-1)", evaluation.accuracy);
  add("balanced accuracy", evaluation.balanced_accuracy);
  add("label accuracy", evaluation.label_accuracy);
  if (evaluation.calibration.ece)
    rows.push_back({"expected calibration error", number(evaluation.calibration.ece)});
  return aligned(rows);
}

std::string subgroup_rows(const metrics::Evaluation& evaluation) {
  if (evaluation.subgroups.empty()) return "";
  std::vector<std::vector<std::string>> rows{{"subgroup", "images", "patients", "mean AUC (95 %)"}};
  for (const metrics::SubgroupFigures& group : evaluation.subgroups)
    rows.push_back({printable(group.column + ": " + group.value), std::to_string(group.images),
                    group.patients > 0 ? std::to_string(group.patients) : "-",
                    shown(group.mean_auc)});
  if (evaluation.accuracy.value) {
    rows[0].emplace_back("accuracy (95 %)");
    for (size_t i = 1; i < rows.size(); ++i)
      rows[i].push_back(shown(evaluation.subgroups[i - 1].accuracy));
  }
  return "\n" + aligned(rows);
}

}  // namespace

std::string shown(const metrics::Figure& figure) {
  if (!figure.value) return "-";
  std::string text = fmt::format("{:.3f}", *figure.value);
  if (figure.interval)
    text += fmt::format(" ({:.3f}-{:.3f})", figure.interval->low, figure.interval->high);
  return text;
}

std::string evaluation_table(const evaluation::Judgement& judgement) {
  const metrics::Evaluation& evaluation = judgement.evaluation;
  std::string text =
      fmt::format("{}: {} images", printable(judgement.subject.images->source), evaluation.images);
  if (evaluation.patients > 0) text += fmt::format(" of {} patients", evaluation.patients);
  if (!judgement.unreadable.empty())
    text += fmt::format(", {} more could not be read", judgement.unreadable.size());
  if (judgement.subject.selected_on_test)
    text += "\nprotocol: paper, the best epoch was chosen on this test set";
  text += "\nthresholds: " + evaluation::threshold_line(judgement.rules) + "\n\n";
  text += class_rows(evaluation) + "\n" + mean_rows(evaluation) + subgroup_rows(evaluation);
  for (const std::string& line : evaluation.notes) text += "note: " + printable(line) + "\n";
  return text;
}

}  // namespace evax::tasks
