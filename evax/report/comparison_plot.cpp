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
  FinishedRun run;
  metrics::Figure bar;  // its interval, or one standard deviation to both sides
};

std::vector<Item> items_of(const Comparison& comparison, size_t column) {
  std::vector<Item> items;
  for (size_t r = 0; r < comparison.rows.size(); ++r) {
    const auto& run = comparison.cells[r][column];
    if (!run || !run->value.value) continue;
    Item item{comparison.rows[r].name, *run, run->value};
    const double value = *run->value.value;
    if (run->deviation)
      item.bar.interval = {std::max(0., value - *run->deviation),
                           std::min(1., value + *run->deviation)};
    items.push_back(std::move(item));
  }
  return items;
}

// Names beside the plot at the height of their points, pushed apart where they would overlap.
void draw_names(Svg& svg, const Plot& at, std::vector<std::pair<Point, std::string>> names) {
  constexpr double least = 15;
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.first.y < b.first.y; });
  std::vector<double> heights;
  for (const auto& [point, name] : names)
    heights.push_back(heights.empty() ? point.y : std::max(point.y, heights.back() + least));
  double lowest = at.bottom();
  for (size_t i = heights.size(); i-- > 0; lowest = heights[i] - least)
    heights[i] = std::min(heights[i], lowest);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::vector<Point> leader{names[i].first, {at.right() + 8, heights[i]}};
    svg.path(leader, "leader");
    svg.text({at.right() + 12, heights[i] + 4}, names[i].second, "small", Anchor::start, 26);
  }
}

// The figure against the number of parameters.
Svg by_parameters(const std::vector<Item>& items, const std::string& figure) {
  constexpr double left = 56, top = 8, width = 300, bottom = 44, name_width = 180;
  const double height = std::max(220., 16. * static_cast<double>(items.size()));
  constexpr double none = std::numeric_limits<double>::infinity();
  Point low{none, none};
  Point high{0, 0};
  for (const Item& item : items) {
    const auto millions = static_cast<double>(*item.run.parameters) / 1e6;
    const metrics::Interval bar =
        item.bar.interval.value_or(metrics::Interval{*item.bar.value, *item.bar.value});
    low = {std::min(low.x, millions), std::min(low.y, bar.low)};
    high = {std::max(high.x, millions), std::max(high.y, bar.high)};
  }
  Svg svg(left + width + name_width, top + height + bottom);
  const Plot at(svg, {left, top}, width, height,
                logarithmic_axis("parameters (millions)", low.x, high.x),
                axis_over(figure, low.y, high.y, 0, 1));
  std::vector<std::pair<Point, std::string>> names;
  for (const Item& item : items) {
    const double x = static_cast<double>(*item.run.parameters) / 1e6;
    names.emplace_back(at({x, *item.bar.value}),
                       is_too_good(item.run) ? item.name + " †" : item.name);
  }
  draw_names(svg, at, names);
  for (const Item& item : items) {
    const double x = static_cast<double>(*item.run.parameters) / 1e6;
    if (item.bar.interval)
      svg.line(at({x, item.bar.interval->low}), at({x, item.bar.interval->high}), "s0");
    svg.circle(at({x, *item.bar.value}), 4.5, "s0", item.name + ": " + shown(item.run));
  }
  return svg;
}

// A row for each model.
Svg by_model(const std::vector<Item>& items, const std::string& figure) {
  IntervalPlot plot{figure, {}, {}};
  for (const Item& item : items) plot.rows.push_back({item.name, item.bar, "", shown(item.run)});
  return draw(plot);
}

Svg panel(const std::vector<Item>& items, const std::string& figure) {
  const bool known = std::all_of(items.begin(), items.end(),
                                 [](const Item& item) { return item.run.parameters.has_value(); });
  return known && !items.empty() ? by_parameters(items, figure) : by_model(items, figure);
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
