#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evax/report/plots/svg.h"

namespace evax::report {

/// A cell: text, and small below it a second line.
struct Cell {
  Cell(std::string words, std::string below = {})
      : text(std::move(words)), note(std::move(below)) {}
  Cell(const char* words) : text(words) {}

  std::string text, note;
};

/// Columns after the first `text_columns` are numbers, set to the right. Without `columns`: lines
/// of (name, value).
struct HtmlTable {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  size_t text_columns = 1;
};

/// A name among other words: escaped, its writing direction kept to itself.
std::string html_name(std::string_view name);
std::string html_paragraph(std::string_view text, std::string_view style = {});
/// Text is escaped; a wide table scrolls by itself.
std::string html_table(const HtmlTable& table);
/// A drawing under its caption; `label` describes it to those who cannot see it.
std::string html_figure(std::string_view caption, std::string_view note, const Svg& drawing);
/// A drawing that is as wide as the page and scrolls by itself where the page is narrow.
std::string html_wide_figure(const Svg& drawing, std::string_view label);
/// `items` side by side, as many as fit; nothing where there is none.
std::string html_grid(const std::vector<std::string>& items);
/// `body` is HTML; nothing where it is empty.
std::string html_section(std::string_view heading, std::string_view body);

/// What a page has beyond words and drawings.
struct PageProgram {
  std::string_view style;   // after the common style sheet
  std::string_view script;  // runs behind the body
};

/// A whole page, self-contained, with a policy that forbids the browser every request and every
/// script but that of `program`, which it names by its hash.
std::string html_page(std::string_view title, std::string_view body,
                      const PageProgram& program = {});

}  // namespace evax::report
