#include <fmt/format.h>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/report/comparison.h"
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

std::string number_field(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string count_field(const std::optional<int64_t>& value) {
  return value ? fmt::format("{}", *value) : "";
}

bool has_repeats(const Comparison& comparison) {
  for (const auto& row : comparison.cells)
    for (const auto& run : row)
      if (run && run->deviation) return true;
  return false;
}

}  // namespace

std::string shown(const FinishedRun& run) {
  std::string text = with_interval(run.value);
  if (run.deviation)
    text = fmt::format("{} ± {} ({})", shown(run.value.value), shown(run.deviation),
                       counted(run.repeats, "run"));
  return is_too_good(run) ? text + " †" : text;
}

std::string markdown(const Comparison& comparison) {
  std::string out = "| Model | Architecture | Parameters |";
  std::string rule = "|---|---|---:|";
  for (const auto& column : comparison.columns) {
    out += fmt::format(" {}: {} |", markdown_text(column.data), column.figure);
    rule += "---:|";
  }
  out += "\n" + rule + "\n";
  for (size_t r = 0; r < comparison.rows.size(); ++r) {
    const Comparison::Row& row = comparison.rows[r];
    out += fmt::format("| {} | {} | {} |", markdown_text(row.name),
                       row.architecture.empty() ? undefined_mark : markdown_text(row.architecture),
                       row.parameters ? shown_parameters(*row.parameters) : undefined_mark);
    for (const auto& run : comparison.cells[r])
      out += fmt::format(" {} |", run ? shown(*run) : undefined_mark);
    out += "\n";
  }
  out += "\nIn brackets: 95 % intervals.";
  if (has_repeats(comparison)) out += " ±: standard deviation over runs with different seeds.";
  for (const std::string& note : comparison.notes) out += "\n" + markdown_text(note);
  return out + "\n";
}

std::string csv(const Comparison& comparison) {
  std::string out =
      "model,architecture,parameters,model_sha256,data,data_sha256,images,figure,value,low,high,"
      "std,"
      "runs,protocol,folder\n";
  for (size_t r = 0; r < comparison.rows.size(); ++r)
    for (size_t c = 0; c < comparison.columns.size(); ++c) {
      const auto& run = comparison.cells[r][c];
      if (!run) continue;
      const auto& interval = run->value.interval;
      const std::vector<std::string> fields{run->model,
                                            run->architecture,
                                            count_field(run->parameters),
                                            run->model_sha256,
                                            run->data,
                                            run->data_sha256,
                                            run->images > 0 ? fmt::format("{}", run->images) : "",
                                            run->figure,
                                            number_field(run->value.value),
                                            interval ? number_field(interval->low) : "",
                                            interval ? number_field(interval->high) : "",
                                            number_field(run->deviation),
                                            fmt::format("{}", run->repeats),
                                            run->protocol,
                                            run->folder};
      for (size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "" : ",") + csv_field(fields[i]);
      out += "\n";
    }
  return out;
}

}  // namespace evax::report
