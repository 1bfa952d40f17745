#include "evax/report/segmentation/page.h"

#include <fmt/format.h>

#include "evax/report/html.h"
#include "evax/report/markup.h"
#include "evax/report/numbers.h"
#include "evax/report/plots/histogram.h"

namespace evax::report {
namespace {

using metrics::Figure;
using metrics::SegmentationClass;
using metrics::SegmentationEvaluation;

std::string lead_of(const SegmentationPage& page) {
  const SegmentationEvaluation& evaluation = page.evaluation;
  const auto classes = static_cast<int64_t>(evaluation.classes.size());
  const std::string count = classes == 1 ? "1 class" : fmt::format("{} classes", classes);
  return lead(page, evaluation.images, evaluation.patients, count + " beside background");
}

std::string definitions(const SegmentationEvaluation& evaluation) {
  return html_paragraph(
             "Dice and Jaccard measure, from 0 to 1, how well the marked and the labelled pixels "
             "agree: over the pixels of all images together, where large structures count more, "
             "and per image, where all images count equally. HD95 (95 % Hausdorff distance) is the "
             "distance between the two borders in " +
                 evaluation.distance_unit + "; 0 is best. mDice and mIoU include the background.",
             "soft") +
         html_paragraph(
             "An image without the class on which nothing is marked has no Dice and is left out of "
             "the means (“empty”); HD95 needs marked and labelled pixels.",
             "soft");
}

Cell cell(const Figure& figure, int decimals = 3) {
  if (!figure.interval) return shown(figure.value, decimals);
  return {shown(figure.value, decimals), fmt::format("{:.{}f}–{:.{}f}", figure.interval->low,
                                                     decimals, figure.interval->high, decimals)};
}

std::string class_table(const SegmentationEvaluation& evaluation) {
  HtmlTable table;
  table.columns = {"Class",
                   "Images with it",
                   "Empty",
                   "Dice",
                   "Jaccard",
                   "Dice per image",
                   "Jaccard per image",
                   "HD95, " + evaluation.distance_unit,
                   "Threshold"};
  for (const SegmentationClass& c : evaluation.classes)
    table.rows.push_back({c.name,
                          Cell(shown_count(c.with_target), "of " + shown_count(evaluation.images)),
                          shown_count(c.empty), cell(c.figures.dice), cell(c.figures.jaccard),
                          cell(c.figures.dice_per_image), cell(c.figures.jaccard_per_image),
                          cell(c.figures.hd95, 1), shown(c.threshold, 2)});
  std::string notes;
  for (const std::string& sentence : evaluation.notes) notes += html_paragraph(sentence, "soft");
  return html_table(table) + notes;
}

std::string dice_histograms(const SegmentationPage& page) {
  std::vector<std::string> figures;
  for (size_t c = 0; c < page.dices.size(); ++c)
    figures.push_back(html_figure(
        page.evaluation.classes[c].name,
        counted(static_cast<int64_t>(page.dices[c].size()), "image") + "; dashed: median",
        histogram("Dice", page.dices[c])));
  return html_grid(figures);
}

std::string example_figure(const MaskExample& example) {
  return fmt::format(
      "<figure><img alt=\"{}\" src=\"data:image/png;base64,{}\"><figcaption><b>{}: {}</b>, Dice {}"
      "<span>{}</span></figcaption></figure>\n",
      escaped(example.caption), base64(example.png), html_name(example.class_name),
      html_name(example.rank), shown(example.dice), html_name(example.caption));
}

std::string example_figures(const std::vector<MaskExample>& examples) {
  if (examples.empty()) return {};
  std::vector<std::string> figures;
  for (const MaskExample& example : examples) figures.push_back(example_figure(example));
  return html_paragraph(
             "Blue: what was marked. Orange line: the label. Best, median and worst by Dice, among "
             "the images that show the class.",
             "soft") +
         html_grid(figures);
}

}  // namespace

std::string segmentation_page(const SegmentationPage& page) {
  const SegmentationEvaluation& evaluation = page.evaluation;
  const metrics::SegmentationFigures& all = evaluation.figures;
  std::string body = headline({{"Dice", all.dice},
                               {"Jaccard", all.jaccard},
                               {"Dice per image", all.dice_per_image},
                               {"mDice", evaluation.mdice},
                               {"mIoU", evaluation.miou}});
  body += interval_note(evaluation.by_patient) + definitions(evaluation);
  body += html_section("Each class", class_table(evaluation));
  body += html_section("Dice of each image", dice_histograms(page));
  body += html_section("Examples", example_figures(page.examples));
  return framed_page(page, lead_of(page), body);
}

}  // namespace evax::report
