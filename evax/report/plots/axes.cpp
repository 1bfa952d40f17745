#include "evax/report/plots/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evax::report {
namespace {

// From 0 to 1 along the axis.
double share(const Axis& axis, double value) {
  if (axis.logarithmic) return std::log(value / axis.low) / std::log(axis.high / axis.low);
  return (value - axis.low) / (axis.high - axis.low);
}

}  // namespace

Axis unit_axis(std::string label) { return {std::move(label), 0, 1, {0, 0.2, 0.4, 0.6, 0.8, 1}}; }

Axis axis_over(std::string label, double low, double high, double least, double most) {
  if (!(high - low > 1e-9 * std::max(std::abs(low), 1e-3))) {  // one value, or none
    low -= 0.05;
    high += 0.05;
  }
  // Steps of 1, 2 or 5 times a power of ten: three to seven of them.
  const double rough = (high - low) / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5., 2., 1.})
    if (rough <= factor * power) step = factor * power;
  Axis axis{std::move(label),
            std::max(std::floor(low / step + 1e-9) * step, least),
            std::min(std::ceil(high / step - 1e-9) * step, most),
            {}};
  for (double k = std::ceil(axis.low / step - 1e-9); k * step <= axis.high + step * 1e-9; ++k)
    axis.ticks.push_back(k * step);
  return axis;
}

Axis logarithmic_axis(std::string label, double low, double high) {
  Axis axis{std::move(label), low / 1.5, high * 1.5, {}, true};
  for (double power = std::pow(10, std::floor(std::log10(axis.low))); power < axis.high;
       power *= 10)
    for (const double factor : {1., 2., 5.})
      if (factor * power >= axis.low && factor * power <= axis.high)
        axis.ticks.push_back(factor * power);
  return axis;
}

std::string tick_text(double value) {
  return fmt::format("{:.6g}", std::abs(value) < 1e-12 ? 0 : value);
}

Plot::Plot(Svg& svg, Point corner, double width, double height, Axis x, Axis y)
    : corner_(corner), width_(width), height_(height), x_(std::move(x)), y_(std::move(y)) {
  for (const double tick : x_.ticks) {
    const double at = left() + share(x_, tick) * width_;
    svg.line({at, top()}, {at, bottom()}, "grid");
    svg.text({at, bottom() + 16}, tick_text(tick), "small", Anchor::middle);
  }
  for (const double tick : y_.ticks) {
    const double at = bottom() - share(y_, tick) * height_;
    svg.line({left(), at}, {right(), at}, "grid");
    svg.text({left() - 6, at + 4}, tick_text(tick), "small", Anchor::end);
  }
  svg.line({left(), bottom()}, {right(), bottom()}, "axis");
  svg.line({left(), top()}, {left(), bottom()}, "axis");
  svg.text({(left() + right()) / 2, bottom() + 34}, x_.label, "muted", Anchor::middle);
  if (!y_.label.empty()) svg.upward_text({left() - 36, (top() + bottom()) / 2}, y_.label, "muted");
}

Point Plot::operator()(Point value) const {
  return {left() + share(x_, value.x) * width_, bottom() - share(y_, value.y) * height_};
}

}  // namespace evax::report
