#include "evax/report/plots/interval_plot.h"

#include <algorithm>
#include <limits>

#include "evax/report/numbers.h"
#include "evax/report/plots/axes.h"

namespace evax::report {
namespace {

constexpr double label_width = 195, note_width = 86, plot_width = 300, value_width = 165;
constexpr size_t label_characters = 28, alone_characters = 40;  // beside a note, or without one
constexpr double row_height = 24, top = 6, bottom = 44;

Axis axis_of(const IntervalPlot& plot) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  double low = plot.reference.value_or(infinite);
  double high = plot.reference.value_or(-infinite);
  for (const IntervalRow& row : plot.rows) {
    if (!row.figure.value) continue;
    const double value = *row.figure.value;
    const metrics::Interval bar = row.figure.interval.value_or(metrics::Interval{value, value});
    low = std::min({low, value, bar.low});
    high = std::max({high, value, bar.high});
  }
  if (low > high) return unit_axis(plot.label);
  return axis_over(plot.label, low, high, 0, plot.most);
}

}  // namespace

Svg draw(const IntervalPlot& plot) {
  const double height = row_height * static_cast<double>(plot.rows.size());
  const double left = label_width + note_width;
  Svg svg(left + plot_width + value_width, top + height + bottom);
  Axis none{"", 0, 1, {}};
  const Plot at(svg, {left, top}, plot_width, height, axis_of(plot), none);
  if (plot.reference)
    svg.line({at({*plot.reference, 0}).x, top}, {at({*plot.reference, 0}).x, top + height},
             "guide");

  for (size_t i = 0; i < plot.rows.size(); ++i) {
    const IntervalRow& row = plot.rows[i];
    const double y = top + row_height * (static_cast<double>(i) + 0.5);
    svg.text({4, y + 4}, row.label, "", Anchor::start,
             row.note.empty() ? alone_characters : label_characters);
    svg.text({left - 12, y + 4}, row.note, "muted small", Anchor::end, 16);
    svg.text({left + plot_width + 14, y + 4}, row.words, "small");
    if (!row.figure.value) continue;
    if (row.figure.interval)
      svg.line({at({row.figure.interval->low, 0}).x, y}, {at({row.figure.interval->high, 0}).x, y},
               "s0");
    svg.circle({at({*row.figure.value, 0}).x, y}, 4.5, "s0");
  }
  return svg;
}

}  // namespace evax::report
