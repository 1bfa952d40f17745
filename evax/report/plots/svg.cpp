#include "evax/report/plots/svg.h"

#include <fmt/format.h>

#include <cmath>

#include "evax/report/markup.h"

namespace evax::report {
namespace {

// Okabe and Ito's colours, which colour-blind readers can tell apart.
constexpr std::string_view light_style =
    ".drawing{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}"
    ".drawing text{fill:#333}.drawing .muted{fill:#6a6a6a}.drawing .strong{font-weight:600}"
    ".drawing .small{font-size:11px}"
    ".drawing path,.drawing line{fill:none}"
    ".drawing .paper{fill:#fff}"
    ".drawing .grid{stroke:#e4e4e4}.drawing .axis{stroke:#8a8a8a}"
    ".drawing .guide{stroke:#8a8a8a;stroke-dasharray:4 3}"
    ".drawing .cell{fill:#0072b2}.drawing .cell-frame{fill:none;stroke:#c4c4c4}"
    ".drawing .mark{fill:#fff;stroke:#d55e00;stroke-width:2.5}"
    ".drawing path.s0,.drawing line.s0{stroke:#0072b2;stroke-width:2}.drawing "
    "circle.s0{fill:#0072b2}"
    ".drawing path.s1,.drawing line.s1{stroke:#d55e00;stroke-width:2}.drawing "
    "circle.s1{fill:#d55e00}"
    ".drawing path.s2,.drawing line.s2{stroke:#009e73;stroke-width:2}.drawing "
    "circle.s2{fill:#009e73}"
    ".drawing path.s3,.drawing line.s3{stroke:#cc79a7;stroke-width:2}.drawing "
    "circle.s3{fill:#cc79a7}"
    ".drawing path.leader{stroke:#b0b0b0;stroke-width:1}";

constexpr std::string_view dark_style =
    "@media screen and (prefers-color-scheme:dark){"
    ".drawing text{fill:#ddd}.drawing .muted{fill:#a0a0a0}"
    ".drawing .grid{stroke:#333}.drawing .axis,.drawing .guide{stroke:#888}"
    ".drawing .cell{fill:#3f9bd6}.drawing .cell-frame{stroke:#555}"
    ".drawing .mark{fill:#16181b;stroke:#ff8a3d}"
    ".drawing path.s0,.drawing line.s0{stroke:#56b4e9}.drawing circle.s0{fill:#56b4e9}"
    ".drawing path.s1,.drawing line.s1{stroke:#ff8a3d}.drawing circle.s1{fill:#ff8a3d}"
    ".drawing path.s2,.drawing line.s2{stroke:#2fc79b}.drawing circle.s2{fill:#2fc79b}}";

std::string pixels(double value) {
  const double rounded = std::round(value * 10) / 10;
  return fmt::format("{}", rounded == 0 ? 0 : rounded);  // not "-0"
}

std::string title(std::string_view hint) {
  return hint.empty() ? "" : fmt::format("<title>{}</title>", escaped(hint));
}

std::string_view name(Anchor anchor) {
  if (anchor == Anchor::middle) return "middle";
  return anchor == Anchor::end ? "end" : "start";
}

}  // namespace

std::string drawing_style(bool dark) {
  return std::string(light_style) + (dark ? std::string(dark_style) : "");
}

void Svg::line(Point from, Point to, std::string_view style) {
  body_ += fmt::format(R"(<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>)", style,
                       pixels(from.x), pixels(from.y), pixels(to.x), pixels(to.y));
}

void Svg::rect(Point corner, double width, double height, std::string_view style, double opacity) {
  body_ += fmt::format(
      R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}" fill-opacity="{:.2f}"/>)", style,
      pixels(corner.x), pixels(corner.y), pixels(width), pixels(height), opacity);
}

void Svg::circle(Point centre, double radius, std::string_view style, std::string_view hint) {
  body_ += fmt::format(R"(<circle class="{}" cx="{}" cy="{}" r="{}">{}</circle>)", style,
                       pixels(centre.x), pixels(centre.y), pixels(radius), title(hint));
}

void Svg::path(std::span<const Point> points, std::string_view style) {
  if (points.empty()) return;
  std::string data;
  Point last{};
  for (size_t i = 0; i < points.size(); ++i) {
    const Point& point = points[i];
    const bool near = std::hypot(point.x - last.x, point.y - last.y) < 0.5;
    if (i > 0 && near && i + 1 < points.size()) continue;
    data += fmt::format("{}{} {}", i == 0 ? "M" : "L", pixels(point.x), pixels(point.y));
    last = point;
  }
  body_ += fmt::format(R"(<path class="{}" d="{}"/>)", style, data);
}

void Svg::text(Point at, std::string_view text, std::string_view style, Anchor anchor,
               size_t characters) {
  const std::string visible = shortened(text, characters);
  body_ += fmt::format(R"(<text class="{}" x="{}" y="{}" text-anchor="{}">{}{}</text>)", style,
                       pixels(at.x), pixels(at.y), name(anchor), escaped(visible),
                       visible == text ? "" : title(text));
}

void Svg::upward_text(Point at, std::string_view text, std::string_view style) {
  body_ += fmt::format(
      R"x(<text class="{}" transform="translate({} {}) rotate(-90)" text-anchor="middle">{}</text>)x",
      style, pixels(at.x), pixels(at.y), escaped(text));
}

void Svg::place(const Svg& inner, Point corner) {
  body_ += fmt::format(R"x(<g transform="translate({} {})">{}</g>)x", pixels(corner.x),
                       pixels(corner.y), inner.body_);
}

std::string Svg::open_tag(std::string_view attributes, std::string_view label) const {
  return fmt::format(
      R"(<svg class="drawing" viewBox="0 0 {0} {1}" {2} role="img" aria-label="{3}">)",
      pixels(width_), pixels(height_), attributes, escaped(label));
}

std::string Svg::element(std::string_view label) const {
  const std::string widest = fmt::format(R"(style="max-width:{}px")", pixels(width_ * 1.15));
  return open_tag(widest, label) + body_ + "</svg>";
}

std::string Svg::document(std::string_view label) const {
  const std::string size =
      fmt::format(R"(xmlns="http://www.w3.org/2000/svg" width="{}" height="{}")", pixels(width_),
                  pixels(height_));
  return open_tag(size, label) + fmt::format("<style>{}</style>", drawing_style(false)) +
         R"(<rect class="paper" width="100%" height="100%"/>)" + body_ + "</svg>\n";
}

}  // namespace evax::report
