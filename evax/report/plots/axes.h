#pragma once

#include <string>
#include <vector>

#include "evax/report/plots/svg.h"

namespace evax::report {

/// One axis: its ends, where its ticks are, and what is beside it.
struct Axis {
  std::string label;
  double low = 0, high = 1;
  std::vector<double> ticks;
  bool logarithmic = false;
};

/// From 0 to 1.
Axis unit_axis(std::string label);
/// Round numbers around the values; within [least, most] where they are.
Axis axis_over(std::string label, double low, double high, double least, double most);
/// Powers of ten and their 2nd and 5th around positive values.
Axis logarithmic_axis(std::string label, double low, double high);

/// A number as the label of a tick: "0.25", "40".
std::string tick_text(double value);

/// A rectangle of a drawing with an axis below and one on its left.
class Plot {
 public:
  /// Draws grid, ticks and labels.
  Plot(Svg& svg, Point corner, double width, double height, Axis x, Axis y);

  Point operator()(Point value) const;
  double left() const { return corner_.x; }
  double right() const { return corner_.x + width_; }
  double top() const { return corner_.y; }
  double bottom() const { return corner_.y + height_; }

 private:
  Point corner_;
  double width_, height_;
  Axis x_, y_;
};

}  // namespace evax::report
