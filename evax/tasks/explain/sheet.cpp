#include "evax/tasks/explain/sheet.h"

#include <algorithm>
#include <cmath>

#include "evax/image/heat/heat_map.h"
#include "evax/image/heat/heat_overlay.h"
#include "evax/image/resize/resize.h"
#include "evax/tasks/explain/points.h"

namespace evax::tasks {
namespace {

constexpr int longest = 480;  // pixels of a picture on the sheet
constexpr int gap = 8;
constexpr size_t columns = 3;

void paste(const image::Image& picture, image::Image& sheet, int left, int top) {
  for (int y = 0; y < picture.height; ++y)
    std::copy_n(picture.row(y), 3 * static_cast<size_t>(picture.width),
                sheet.row(top + y) + 3 * static_cast<size_t>(left));
}

}  // namespace

image::Image draw_sheet(const Subject& subject, const std::vector<image::Pixel>& points,
                        std::span<const float> cells, int grid) {
  const image::Image& xray = subject.image;
  const double scale = std::min(1.0, double{longest} / std::max(xray.width, xray.height));
  const auto scaled = [&](int length) { return static_cast<int>(std::lround(length * scale)); };
  const image::Image small =
      image::resize(xray, std::max(scaled(xray.width), 1), std::max(scaled(xray.height), 1),
                    Interpolation::bilinear);
  const Box seen{scaled(subject.seen.x), scaled(subject.seen.y),
                 std::max(scaled(subject.seen.width), 1), std::max(scaled(subject.seen.height), 1)};

  const auto across = static_cast<int>(std::min(columns, points.size()));
  const auto down = static_cast<int>((points.size() + columns - 1) / columns);
  image::Image sheet{across * (small.width + gap) - gap, down * (small.height + gap) - gap, 3, {}};
  sheet.pixels.resize(3 * static_cast<size_t>(sheet.width) * static_cast<size_t>(sheet.height));
  const size_t size = cells.size() / points.size();
  for (size_t i = 0; i < points.size(); ++i) {
    const auto map =
        image::heat_map(cells.subspan(i * size, size), grid, seen, small.height, small.width);
    image::Image picture = image::draw_heat(small, map);
    image::draw_ring(picture, {scaled(points[i].x), scaled(points[i].y)}, point_colour);
    paste(picture, sheet, static_cast<int>(i % columns) * (small.width + gap),
          static_cast<int>(i / columns) * (small.height + gap));
  }
  return sheet;
}

}  // namespace evax::tasks
