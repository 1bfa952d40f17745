#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/report/findings/comparison.h"
#include "evax/report/plots/svg.h"

namespace evax::report {

/// A figure that is drawn.
struct PlotItem {
  std::string name, architecture;
  std::optional<double> x;  // what it is set against
  Comparison::Cell cell;
  metrics::Figure bar;  // its interval, or one standard deviation to both sides
};

/// The largest value that their figure can have; 1 of no items.
inline double most_of(const std::vector<PlotItem>& items) {
  return items.empty() ? 1 : items[0].cell.figure().most;
}

/// A numbered point for each item over a logarithmic axis; names and figures are beside. Every `x`
/// is known and positive.
Svg scatter_plot(const std::vector<PlotItem>& items, const std::string& label,
                 const std::string& figure);

/// A line for each architecture over the epochs of pre-training. Every `x` is known.
Svg epochs_plot(const std::vector<PlotItem>& items, const std::string& figure);

}  // namespace evax::report
