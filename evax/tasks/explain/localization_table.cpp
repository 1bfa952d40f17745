#include "evax/tasks/explain/localization_table.h"

#include "evax/core/error.h"
#include "evax/tasks/data/data_report.h"
#include "evax/tasks/findings/evaluation_table.h"

namespace evax::tasks {
namespace {

struct Column {
  const char* name;
  metrics::Figure metrics::LocalizationFigures::*figure;
};
constexpr Column figure_columns[] = {
    {"mIoU", &metrics::LocalizationFigures::miou},
    {"AP25", &metrics::LocalizationFigures::ap25},
    {"AP50", &metrics::LocalizationFigures::ap50},
    {"mAP", &metrics::LocalizationFigures::map},
    {"pointing game", &metrics::LocalizationFigures::pointing_game},
    {"box mIoU", &metrics::LocalizationFigures::box_miou}};

std::string threshold_sentence(const evaluation::Rules& rules) {
  std::string text = fmt::format("{:.2f}, ", rules.thresholds[0]);
  if (rules.threshold_rule == "given") return text + "as given";
  if (rules.threshold_rule == "map") return text + "largest mAP on " + rules.thresholds_chosen_on;
  return text + "the original's default: no validation list (data.val, data.split)";
}

std::string box_rows(const metrics::LocalizationEvaluation& evaluation) {
  std::vector<std::vector<std::string>> rows{{"class", "boxes"}};
  for (const Column& column : figure_columns) rows[0].emplace_back(column.name);
  for (const metrics::LocalizationClass& item : evaluation.classes) {
    auto& row = rows.emplace_back();
    row = {printable(item.name), std::to_string(item.boxes)};
    for (const Column& column : figure_columns)
      row.push_back(fmt::format("{:.3f}", *(item.figures.*column.figure).value));
  }
  return aligned(rows);
}

std::string all_box_rows(const metrics::LocalizationEvaluation& evaluation) {
  std::vector<std::vector<std::string>> rows{{"all boxes", "(95 %)"}};
  for (const Column& column : figure_columns)
    rows.push_back({column.name, shown(evaluation.figures.*column.figure)});
  return aligned(rows);
}

}  // namespace

std::string localization_table(const evaluation::LocalizationJudgement& judgement) {
  const metrics::LocalizationEvaluation& evaluation = judgement.evaluation;
  std::string text = fmt::format("{}: {} boxes on {} images", printable(judgement.list->source),
                                 evaluation.boxes, evaluation.images);
  if (evaluation.patients > 0) text += fmt::format(" of {} patients", evaluation.patients);
  if (!judgement.located.skipped.empty())
    text += fmt::format(", {} boxes skipped", judgement.located.skipped.size());
  if (!judgement.located.unreadable.empty())
    text += fmt::format(", {} images could not be read", judgement.located.unreadable.size());
  if (judgement.subject.selected_on_test)
    text += "\nprotocol: paper, the threshold is searched on the scored boxes";
  text += "\nthreshold: " + threshold_sentence(judgement.rules) + "\n\n";
  return text + box_rows(evaluation) + "\n" + all_box_rows(evaluation);
}

}  // namespace evax::tasks
