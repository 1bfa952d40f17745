#include "evax/report/plots/line_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace evax::report {
namespace {

constexpr double side = 232;  // of the square within the axes
constexpr double left = 52, top = 10, right = 12, bottom = 44, legend_row = 18;
constexpr std::array<const char*, 4> styles{"s0", "s1", "s2", "s3"};

}  // namespace

Svg draw(const LinePlot& plot) {
  const bool has_legend = plot.lines.size() > 1;
  const double legend = has_legend ? legend_row * static_cast<double>(plot.lines.size()) + 4 : 0;
  Svg svg(left + side + right, top + legend + side + bottom);
  const Plot at(svg, {left, top + legend}, side, side, plot.x, plot.y);

  const auto placed = [&](const std::vector<Point>& values) {
    std::vector<Point> points;
    for (const Point& value : values)
      if (std::isfinite(value.x) && std::isfinite(value.y)) points.push_back(at(value));
    return points;
  };
  svg.path(placed(plot.guide), "guide");
  for (size_t i = 0; i < plot.lines.size(); ++i) {
    const char* style = styles[i % styles.size()];
    const auto points = placed(plot.lines[i].points);
    svg.path(points, style);
    if (points.size() == 1) svg.circle(points[0], 3, style);
    if (!has_legend) continue;
    const double y = top + legend_row * (static_cast<double>(i) + 0.5);
    svg.line({left, y}, {left + 20, y}, style);
    svg.text({left + 26, y + 4}, plot.lines[i].name, "", Anchor::start, 30);
  }
  if (plot.mark) svg.circle(at(*plot.mark), 5, "mark");
  return svg;
}

LinePlot roc_plot(std::vector<Point> curve, std::optional<Point> operating_point) {
  return {unit_axis("1 − specificity"),
          unit_axis("sensitivity"),
          {{"", std::move(curve)}},
          {{0, 0}, {1, 1}},
          operating_point};
}

LinePlot precision_recall_plot(const std::vector<Point>& curve, double prevalence,
                               std::optional<Point> operating_point) {
  std::vector<Point> steps;
  for (const Point& point : curve) {
    if (point.x == 0) continue;  // found nothing yet: no area
    steps.push_back({steps.empty() ? 0 : steps.back().x, point.y});
    steps.push_back(point);
  }
  return {unit_axis("recall (sensitivity)"),
          unit_axis("precision (PPV)"),
          {{"", std::move(steps)}},
          {{0, prevalence}, {1, prevalence}},
          operating_point};
}

LinePlot training_plot(const std::string& label, std::vector<Line> lines,
                       std::optional<Point> mark) {
  constexpr double none = std::numeric_limits<double>::infinity();
  Point low{none, none};
  Point high{-none, -none};
  for (const Line& line : lines)
    for (const Point& point : line.points) {
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
      low = {std::min(low.x, point.x), std::min(low.y, point.y)};
      high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
  if (low.x > high.x) low = high = {0, 0};
  Axis epochs = axis_over("epoch", low.x, std::max(high.x, low.x + 1), low.x, none);
  std::erase_if(epochs.ticks, [](double tick) { return tick != std::round(tick); });
  return {
      std::move(epochs), axis_over(label, low.y, high.y, -none, none), std::move(lines), {}, mark};
}

}  // namespace evax::report
