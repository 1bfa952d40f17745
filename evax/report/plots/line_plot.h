#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evax/report/plots/axes.h"

namespace evax::report {

struct Line {
  std::string name;  // is in a legend where there are several
  std::vector<Point> points;
};

struct LinePlot {
  Axis x, y;
  std::vector<Line> lines;
  std::vector<Point> guide;   // dashed: what chance would do; may be empty
  std::optional<Point> mark;  // a ring: the threshold in use, the best epoch
};

Svg draw(const LinePlot& plot);

/// True positive rate over false positive rate with the diagonal of chance. `curve` holds (false
/// positive rate, true positive rate), rising.
LinePlot roc_plot(std::vector<Point> curve, std::optional<Point> operating_point);

/// Precision over recall with the line of prevalence, which guessing would reach. `curve` holds
/// (recall, precision) with rising recall; it is drawn in the steps whose area is the average
/// precision.
LinePlot precision_recall_plot(const std::vector<Point>& curve, double prevalence,
                               std::optional<Point> operating_point);

/// Figures by epoch; `mark` is the epoch that was kept.
LinePlot training_plot(const std::string& label, std::vector<Line> lines,
                       std::optional<Point> mark);

}  // namespace evax::report
