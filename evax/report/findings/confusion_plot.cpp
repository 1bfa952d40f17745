#include "evax/report/findings/confusion_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "evax/report/numbers.h"

namespace evax::report {
namespace {

constexpr double cell = 74;
constexpr double least_right = 8, bottom = 8, line_height = 15;
constexpr size_t row_characters = 28;
constexpr size_t staggered_characters = 22, column_characters = 11;  // what fits above the cells
constexpr double darkest = 0.6;  // the text on it stays readable

size_t longest(const std::vector<std::string>& names, size_t characters) {
  size_t found = 4;
  for (const std::string& name : names) found = std::max(found, std::min(name.size(), characters));
  return found;
}

double width_of(size_t characters) { return 7.4 * static_cast<double>(characters); }

}  // namespace

Svg draw(const ConfusionPlot& plot) {
  const double left = 32 + width_of(longest(plot.truths, row_characters));
  const size_t call_characters = longest(plot.calls, staggered_characters);
  // Every other label higher: long names have room.
  const bool staggered = plot.calls.size() > 2 || call_characters > column_characters;
  const double right = std::max(least_right, (width_of(call_characters) - cell) / 2);
  const double column_label_height = staggered ? 58 : 44;
  const auto columns = static_cast<double>(plot.calls.size());
  const auto rows = static_cast<double>(plot.truths.size());
  Svg svg(left + columns * cell + right, column_label_height + rows * cell + bottom);

  svg.text({left + columns * cell / 2, 16}, "call", "muted", Anchor::middle);
  svg.upward_text({12, column_label_height + rows * cell / 2}, "truth", "muted");
  for (size_t c = 0; c < plot.calls.size(); ++c)
    svg.text({left + (static_cast<double>(c) + 0.5) * cell,
              column_label_height - 8 - (c % 2 == 1 && staggered ? line_height : 0)},
             plot.calls[c], "", Anchor::middle,
             staggered ? staggered_characters : column_characters);

  for (size_t r = 0; r < plot.truths.size(); ++r) {
    const double top = column_label_height + static_cast<double>(r) * cell;
    svg.text({left - 8, top + cell / 2 + 4}, plot.truths[r], "", Anchor::end, row_characters);
    const int64_t sum = std::accumulate(plot.counts[r].begin(), plot.counts[r].end(), int64_t{0});
    for (size_t c = 0; c < plot.calls.size(); ++c) {
      const int64_t count = plot.counts[r][c];
      const double share = sum == 0 ? 0 : static_cast<double>(count) / static_cast<double>(sum);
      const double x = left + static_cast<double>(c) * cell;
      svg.rect({x, top}, cell, cell, "cell", darkest * share);
      svg.rect({x, top}, cell, cell, "cell-frame");
      svg.text({x + cell / 2, top + cell / 2}, shown_count(count), "strong", Anchor::middle);
      svg.text({x + cell / 2, top + cell / 2 + line_height},
               sum == 0 ? undefined_mark : fmt::format("{:.1f} %", 100 * share), "small",
               Anchor::middle);
    }
  }
  return svg;
}

}  // namespace evax::report
