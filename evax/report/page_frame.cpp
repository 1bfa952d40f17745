#include "evax/report/page_frame.h"

#include <fmt/format.h>

#include "evax/report/html.h"
#include "evax/report/numbers.h"

namespace evax::report {
namespace {

constexpr const char* selection_warning =
    "Warning: the best epoch was selected on the TEST set itself (protocol “paper”, as the "
    "original "
    "work did). These figures are too good: expect less on images that had no part in the "
    "selection.";

std::string training_figures(const std::vector<TrainingCurves>& curves) {
  std::vector<std::string> figures;
  for (const TrainingCurves& item : curves)
    figures.push_back(html_figure(item.label, item.mark ? "ring: the epoch that was kept" : "",
                                  draw(training_plot(item.label, item.lines, item.mark))));
  return html_grid(figures);
}

std::string protocol_tables(const std::vector<ProtocolSection>& sections) {
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

std::string lead(const PageFrame& frame, int64_t images, int64_t patients, std::string_view rest) {
  const std::string of_patients =
      patients > 0 ? " of " + counted(patients, "patient") : ", patients not known";
  return fmt::format("<p>Model {} on {}: <b>{}{}</b>; {}.</p>\n", html_name(frame.model),
                     html_name(frame.data), counted(images, "image"), of_patients, rest);
}

std::string headline(const std::vector<std::pair<std::string, metrics::Figure>>& figures) {
  std::string items;
  for (const auto& [name, figure] : figures) {
    const std::string interval = shown(figure.interval);
    items += fmt::format("<div>{}<b>{}</b><span class=\"soft\">{}</span></div>\n", name,
                         shown(figure.value),
                         interval.empty() ? "no interval" : "95 % interval " + interval);
  }
  return "<div class=\"headline\">\n" + items + "</div>\n";
}

std::string interval_note(bool by_patient) {
  return html_paragraph(fmt::format("Intervals are the middle 95 % of a bootstrap over the {}. “–” "
                                    "marks an undefined figure.",
                                    by_patient ? "patients" : "images"),
                        "soft");
}

std::string framed_page(const PageFrame& frame, std::string_view lead, std::string_view body) {
  std::string page = fmt::format("<h1>{}</h1>\n{}", html_name(frame.title), lead);
  if (frame.selected_on_test) page += html_paragraph(selection_warning, "warning");
  page += body;
  page += html_section("Training", training_figures(frame.training));
  page += html_section("Protocol", protocol_tables(frame.protocol));
  page += fmt::format("<footer>{}</footer>\n", disclaimer);
  return html_page(frame.title, page);
}

}  // namespace evax::report
