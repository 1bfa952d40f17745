#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "evax/report/findings/comparison_plot.h"
#include "evax/report/plots/axes.h"

namespace evax::report {
namespace {

constexpr double top = 8, bottom = 44, right = 14, line_height = 18;
constexpr double infinite = std::numeric_limits<double>::infinity();

/// The smallest rectangle around points and bars.
struct Bounds {
  Point low{infinite, infinite}, high{-infinite, -infinite};
};

Bounds bounds_of(const std::vector<PlotItem>& items) {
  Bounds bounds;
  for (const PlotItem& item : items) {
    const double value = *item.bar.value;
    const metrics::Interval bar = item.bar.interval.value_or(metrics::Interval{value, value});
    bounds.low = {std::min(bounds.low.x, *item.x), std::min(bounds.low.y, bar.low)};
    bounds.high = {std::max(bounds.high.x, *item.x), std::max(bounds.high.y, bar.high)};
  }
  return bounds;
}

Point draw_point(Svg& svg, const Plot& at, const PlotItem& item, double radius, const char* style) {
  if (item.bar.interval)
    svg.line(at({*item.x, item.bar.interval->low}), at({*item.x, item.bar.interval->high}), style);
  const Point point = at({*item.x, *item.bar.value});
  svg.circle(point, radius, style, item.name + ": " + shown(item.cell));
  return point;
}

/// Baselines for the numbers beside the points: moved down where they would cover one another.
std::vector<double> number_places(const std::vector<Point>& points) {
  constexpr double reach = 24, distance = 12;
  std::vector<size_t> order(points.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return points[a].y < points[b].y; });
  std::vector<double> places(points.size());
  for (size_t k = 0; k < order.size(); ++k) {
    const Point& point = points[order[k]];
    places[order[k]] = point.y - 5;
    for (size_t j = 0; j < k; ++j)
      if (std::abs(points[order[j]].x - point.x) < reach)
        places[order[k]] = std::max(places[order[k]], places[order[j]] + distance);
  }
  return places;
}

/// What is known of an architecture, by rising epochs.
struct Curve {
  std::string name;
  std::vector<PlotItem> items;
};

std::vector<Curve> curves_of(const std::vector<PlotItem>& items) {
  std::vector<Curve> curves;
  for (const PlotItem& item : items) {
    const std::string name = item.architecture.empty() ? "unknown network" : item.architecture;
    auto curve = std::find_if(curves.begin(), curves.end(),
                              [&](const Curve& other) { return other.name == name; });
    if (curve == curves.end()) curve = curves.insert(curve, {name, {}});
    curve->items.push_back(item);
  }
  for (Curve& curve : curves)
    std::stable_sort(curve.items.begin(), curve.items.end(),
                     [](const PlotItem& a, const PlotItem& b) { return *a.x < *b.x; });
  return curves;
}

}  // namespace

Svg scatter_plot(const std::vector<PlotItem>& items, const std::string& label,
                 const std::string& figure) {
  constexpr double left = 56, width = 300;
  constexpr double name_at = left + width + 40, words_at = name_at + 190, words_width = 165;
  const double height = std::max(220., line_height * static_cast<double>(items.size()));
  const Bounds bounds = bounds_of(items);
  Svg svg(words_at + words_width, top + height + bottom);
  const Plot at(svg, {left, top}, width, height,
                logarithmic_axis(label, bounds.low.x, bounds.high.x),
                axis_over(figure, bounds.low.y, bounds.high.y, 0, most_of(items)));
  std::vector<Point> points;
  for (const PlotItem& item : items) points.push_back(draw_point(svg, at, item, 4.5, "s0"));
  const std::vector<double> places = number_places(points);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string number = fmt::format("{}", i + 1);
    svg.text({points[i].x + 7, places[i]}, number, "strong small");
    const double y = top + line_height * (static_cast<double>(i) + 0.7);
    svg.text({name_at - 8, y}, number, "strong small", Anchor::end);
    svg.text({name_at, y}, items[i].name, "small", Anchor::start, 28);
    svg.text({words_at, y}, shown(items[i].cell), "small");
  }
  return svg;
}

Svg epochs_plot(const std::vector<PlotItem>& items, const std::string& figure) {
  constexpr double left = 56, width = 360, legend_at = left + width + right, legend_width = 200;
  constexpr std::array styles{"s0", "s1", "s2", "s3"};
  const std::vector<Curve> curves = curves_of(items);
  const double height = std::max(240., line_height * static_cast<double>(curves.size()));
  const Bounds bounds = bounds_of(items);
  Svg svg(legend_at + legend_width, top + height + bottom);
  const Plot at(svg, {left, top}, width, height,
                axis_over("epochs of pre-training", bounds.low.x, bounds.high.x, 0, infinite),
                axis_over(figure, bounds.low.y, bounds.high.y, 0, most_of(items)));
  for (size_t i = 0; i < curves.size(); ++i) {
    const char* style = styles[i % styles.size()];
    std::vector<Point> points;
    for (const PlotItem& item : curves[i].items)
      points.push_back(draw_point(svg, at, item, 3, style));
    svg.path(points, style);
    const double y = top + line_height * (static_cast<double>(i) + 0.7);
    svg.line({legend_at, y - 4}, {legend_at + 20, y - 4}, style);
    svg.text({legend_at + 26, y}, curves[i].name, "small", Anchor::start, 28);
  }
  return svg;
}

}  // namespace evax::report
