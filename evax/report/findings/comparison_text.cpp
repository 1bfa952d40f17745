#include <fmt/format.h>

#include <algorithm>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/report/findings/comparison.h"
#include "evax/report/numbers.h"

namespace evax::report {
namespace {

// Names are hostile: no cell ends early, no HTML, no link.
std::string markdown_text(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (std::string_view("\\|`*<>[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string number_or(const std::optional<double>& value, const std::string& otherwise) {
  return value ? fmt::format("{}", *value) : otherwise;
}

std::string number_field(const std::optional<double>& value) { return number_or(value, ""); }

std::string count_field(const std::optional<int64_t>& value) {
  return value ? fmt::format("{}", *value) : "";
}

template <typename Test>
bool any_row(const Comparison& comparison, Test test) {
  return std::any_of(comparison.rows.begin(), comparison.rows.end(), test);
}

bool has_repeats(const Comparison& comparison) {
  for (const auto& row : comparison.cells)
    for (const auto& cell : row)
      if (cell && cell->figure().deviation) return true;
  return false;
}

}  // namespace

std::string shown(const Comparison::Cell& cell) {
  const RunFigure& figure = cell.figure();
  const int decimals = figure.most == 1 ? 3 : 1;
  std::string text = with_interval(figure.value, decimals);
  if (figure.deviation)
    text = fmt::format("{} ± {} ({})", shown(figure.value.value, decimals),
                       shown(figure.deviation, decimals), counted(cell.run.repeats, "run"));
  return is_too_good(cell.run) ? text + " †" : text;
}

std::string markdown(const Comparison& comparison) {
  const bool macs = any_row(comparison, [](const auto& row) { return row.macs.has_value(); });
  const bool epochs =
      any_row(comparison, [](const auto& row) { return row.pretraining_epochs.has_value(); });
  std::string out = "| Model | Architecture | Parameters |";
  std::string rule = "|---|---|---:|";
  const auto add_column = [&](const std::string& title) {
    out += " " + title + " |";
    rule += "---:|";
  };
  if (macs) add_column("GMACs");
  if (epochs) add_column("Pre-training epochs");
  for (const auto& column : comparison.columns)
    add_column(markdown_text(column.data) + ": " + column.figure);
  out += "\n" + rule + "\n";
  for (size_t r = 0; r < comparison.rows.size(); ++r) {
    const Comparison::Row& row = comparison.rows[r];
    out += fmt::format("| {} | {} | {} |", markdown_text(row.name),
                       row.architecture.empty() ? undefined_mark : markdown_text(row.architecture),
                       row.parameters ? shown_parameters(*row.parameters) : undefined_mark);
    if (macs) out += fmt::format(" {} |", row.macs ? shown_giga(*row.macs) : undefined_mark);
    if (epochs) out += fmt::format(" {} |", number_or(row.pretraining_epochs, undefined_mark));
    for (const auto& cell : comparison.cells[r])
      out += fmt::format(" {} |", cell ? shown(*cell) : undefined_mark);
    out += "\n";
  }
  out += "\nIn brackets: 95 % intervals.";
  if (has_repeats(comparison)) out += " ±: standard deviation over runs with different seeds.";
  for (const std::string& note : comparison.notes) out += "\n" + markdown_text(note);
  return out + "\n";
}

std::string csv(const Comparison& comparison) {
  std::string out =
      "model,architecture,parameters,macs,pretraining_epochs,model_sha256,data,data_sha256,images,"
      "figure,value,low,high,std,runs,protocol,folder\n";
  for (size_t r = 0; r < comparison.rows.size(); ++r)
    for (size_t c = 0; c < comparison.columns.size(); ++c) {
      const auto& cell = comparison.cells[r][c];
      if (!cell) continue;
      const FinishedRun& run = cell->run;
      const RunFigure& figure = cell->figure();
      const auto& interval = figure.value.interval;
      const std::vector<std::string> fields{run.model,
                                            run.architecture,
                                            count_field(run.parameters),
                                            count_field(run.macs),
                                            number_field(run.pretraining_epochs),
                                            run.model_sha256,
                                            run.data,
                                            run.data_sha256,
                                            run.images > 0 ? fmt::format("{}", run.images) : "",
                                            figure.name,
                                            number_field(figure.value.value),
                                            interval ? number_field(interval->low) : "",
                                            interval ? number_field(interval->high) : "",
                                            number_field(figure.deviation),
                                            fmt::format("{}", run.repeats),
                                            run.protocol,
                                            run.folder};
      for (size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "" : ",") + csv_field(fields[i]);
      out += "\n";
    }
  return out;
}

}  // namespace evax::report
