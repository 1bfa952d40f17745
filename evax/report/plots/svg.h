#pragma once

#include <span>
#include <string>
#include <string_view>

namespace evax::report {

struct Point {
  double x, y;
};

enum class Anchor { start, middle, end };

/// The colours and fonts of all drawings: CSS for the classes that they use. `dark` adds the rules
/// for readers who prefer dark pages.
std::string drawing_style(bool dark);

/// A drawing in SVG: shapes with classes of drawing_style(), text as text, in pixels of its
/// viewBox, so that it scales. Text is escaped; numbers are rounded to a tenth of a pixel.
class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  double width() const { return width_; }
  double height() const { return height_; }
  void line(Point from, Point to, std::string_view style);
  void rect(Point corner, double width, double height, std::string_view style, double opacity = 1);
  void circle(Point centre, double radius, std::string_view style, std::string_view hint = {});
  /// Open. Points that lie less than half a pixel from the one before are left out.
  void path(std::span<const Point> points, std::string_view style);
  /// `y` is the base line. Longer than `characters`: cut, the whole of it becomes the hint.
  void text(Point at, std::string_view text, std::string_view style, Anchor anchor = Anchor::start,
            size_t characters = 200);
  /// Upwards, centred on the point.
  void upward_text(Point at, std::string_view text, std::string_view style);

  /// Another drawing, its corner there.
  void place(const Svg& inner, Point corner);

  /// For a page that holds drawing_style(). `label` says what it shows to those who cannot see it.
  std::string element(std::string_view label) const;
  /// A file of its own.
  std::string document(std::string_view label) const;

 private:
  std::string open_tag(std::string_view attributes, std::string_view label) const;

  double width_, height_;
  std::string body_;
};

}  // namespace evax::report
