#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "evax/report/axes.h"
#include "evax/report/comparison.h"
#include "evax/report/interval_plot.h"

namespace evax::report {
namespace {

constexpr double title_height = 30, gap = 24;

struct Item {
  std::string name;
  std::optional<int64_t> parameters;
  FinishedRun run;
  metrics::Figure bar;  // its interval, or one standard deviation to both sides
};

double millions(const Item& item) { return static_cast<double>(*item.parameters) / 1e6; }

std::vector<Item> items_of(const Comparison& comparison, size_t column) {
  std::vector<Item> items;
  for (size_t r = 0; r < comparison.rows.size(); ++r) {
    const auto& run = comparison.cells[r][column];
    if (!run || !run->value.value) continue;
    const Comparison::Row& row = comparison.rows[r];
    Item item{row.name, row.parameters, *run, run->value};
    const double value = *run->value.value;
    if (run->deviation)
      item.bar.interval = {std::max(0., value - *run->deviation),
                           std::min(1., value + *run->deviation)};
    items.push_back(std::move(item));
  }
  return items;
}

// The figure against the number of parameters; numbers at the points stand for the names beside.
Svg by_parameters(const std::vector<Item>& items, const std::string& figure) {
  constexpr double left = 56, top = 8, width = 300, bottom = 44, line_height = 18;
  constexpr double name_at = left + width + 40, words_at = name_at + 190, words_width = 165;
  const double height = std::max(220., line_height * static_cast<double>(items.size()));
  constexpr double none = std::numeric_limits<double>::infinity();
  Point low{none, none};
  Point high{0, 0};
  for (const Item& item : items) {
    const metrics::Interval bar =
        item.bar.interval.value_or(metrics::Interval{*item.bar.value, *item.bar.value});
    low = {std::min(low.x, millions(item)), std::min(low.y, bar.low)};
    high = {std::max(high.x, millions(item)), std::max(high.y, bar.high)};
  }
  Svg svg(words_at + words_width, top + height + bottom);
  const Plot at(svg, {left, top}, width, height,
                logarithmic_axis("parameters (millions)", low.x, high.x),
                axis_over(figure, low.y, high.y, 0, 1));
  for (size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    const double x = millions(item);
    if (item.bar.interval)
      svg.line(at({x, item.bar.interval->low}), at({x, item.bar.interval->high}), "s0");
    const Point point = at({x, *item.bar.value});
    svg.circle(point, 4.5, "s0");
    const std::string number = fmt::format("{}", i + 1);
    svg.text({point.x + 7, point.y - 5}, number, "strong small");
    const double y = top + line_height * (static_cast<double>(i) + 0.7);
    svg.text({name_at - 8, y}, number, "strong small", Anchor::end);
    svg.text({name_at, y}, item.name, "small", Anchor::start, 28);
    svg.text({words_at, y}, shown(item.run), "small");
  }
  return svg;
}

// A row for each model.
Svg by_model(const std::vector<Item>& items, const std::string& figure) {
  IntervalPlot plot{figure, {}, {}};
  for (const Item& item : items) plot.rows.push_back({item.name, item.bar, "", shown(item.run)});
  return draw(plot);
}

// Known of all, and no two so close that one would hide the other.
bool parameters_tell_apart(const std::vector<Item>& items) {
  constexpr double least_ratio = 1.05;
  std::vector<double> counts;
  for (const Item& item : items) {
    if (!item.parameters) return false;
    counts.push_back(millions(item));
  }
  std::sort(counts.begin(), counts.end());
  const auto close = [](double low, double high) { return high < least_ratio * low; };
  return counts.size() > 1 &&
         std::adjacent_find(counts.begin(), counts.end(), close) == counts.end();
}

Svg panel(const std::vector<Item>& items, const std::string& figure) {
  return parameters_tell_apart(items) ? by_parameters(items, figure) : by_model(items, figure);
}

}  // namespace

std::string svg(const Comparison& comparison) {
  std::vector<Svg> panels;
  Point size{0, gap};
  for (size_t c = 0; c < comparison.columns.size(); ++c) {
    panels.push_back(panel(items_of(comparison, c), comparison.columns[c].figure));
    size.x = std::max(size.x, panels.back().width());
    size.y += title_height + panels.back().height() + gap;
  }
  std::vector<std::string> notes{"Bars: 95 % intervals, or one standard deviation over repeats."};
  notes.insert(notes.end(), comparison.notes.begin(), comparison.notes.end());
  constexpr double line_height = 18;
  Svg sheet(size.x + 2 * gap, size.y + line_height * static_cast<double>(notes.size()) + gap);
  double y = gap;
  for (size_t c = 0; c < panels.size(); ++c) {
    sheet.text({gap, y + 14}, comparison.columns[c].data, "strong", Anchor::start, 70);
    sheet.place(panels[c], {gap, y + title_height});
    y += title_height + panels[c].height() + gap;
  }
  for (const std::string& note : notes) {
    sheet.text({gap, y}, note, "muted small");
    y += line_height;
  }
  return sheet.document("Figures of models on data sets");
}

}  // namespace evax::report
