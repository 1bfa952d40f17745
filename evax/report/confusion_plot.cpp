#include "evax/report/confusion_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "evax/report/numbers.h"

namespace evax::report {
namespace {

constexpr double cell = 74;
constexpr double right = 8, bottom = 8, line_height = 15;
constexpr size_t label_characters = 22;
constexpr double darkest = 0.6;  // the text on it stays readable

size_t longest_label(const std::vector<std::string>& names) {
  size_t longest = 4;
  for (const std::string& name : names)
    longest = std::max(longest, std::min(name.size(), label_characters));
  return longest;
}

}  // namespace

Svg draw(const ConfusionPlot& plot) {
  const double left = 32 + 7.4 * static_cast<double>(longest_label(plot.truths));
  const bool staggered = plot.calls.size() > 2;  // every other label higher: long names have room
  const double column_label_height = staggered ? 58 : 44;
  const auto columns = static_cast<double>(plot.calls.size());
  const auto rows = static_cast<double>(plot.truths.size());
  Svg svg(left + columns * cell + right, column_label_height + rows * cell + bottom);

  svg.text({left + columns * cell / 2, 16}, "call", "muted", Anchor::middle);
  svg.upward_text({12, column_label_height + rows * cell / 2}, "truth", "muted");
  for (size_t c = 0; c < plot.calls.size(); ++c)
    svg.text({left + (static_cast<double>(c) + 0.5) * cell,
              column_label_height - 8 - (c % 2 == 1 && staggered ? line_height : 0)},
             plot.calls[c], "", Anchor::middle, staggered ? label_characters : 11);

  for (size_t r = 0; r < plot.truths.size(); ++r) {
    const double top = column_label_height + static_cast<double>(r) * cell;
    svg.text({left - 8, top + cell / 2 + 4}, plot.truths[r], "", Anchor::end, label_characters);
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
