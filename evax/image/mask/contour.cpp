#include "evax/image/mask/contour.h"

#include <array>
#include <optional>

namespace evax::image {
namespace {

// The eight neighbours, anticlockwise as seen; opposite ones are four apart.
constexpr std::array<Pixel, 8> neighbours{
    {{1, 0}, {1, -1}, {0, -1}, {-1, -1}, {-1, 0}, {-1, 1}, {0, 1}, {1, 1}}};
constexpr int west = 4;

int opposite(int direction) { return direction ^ 4; }

Pixel step(Pixel from, int direction) {
  const Pixel& by = neighbours[static_cast<size_t>(direction)];
  return {from.x + by.x, from.y + by.y};
}

// The first neighbour that is inside, looking round from the one after `direction` up to itself.
std::optional<int> look_round(const Image& mask, Pixel from, int direction, bool clockwise) {
  for (int k = 1; k <= 8; ++k) {
    const int next = (direction + (clockwise ? 8 - k : k)) % 8;
    const Pixel pixel = step(from, next);
    if (is_inside(mask, pixel.x, pixel.y)) return next;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Pixel> outer_contour(const Image& mask, const Component& component) {
  const Pixel first = component.first;
  const auto start = look_round(mask, first, west, true);
  if (!start) return {first};
  const Pixel last = step(first, *start);

  std::vector<Pixel> polygon;
  Pixel pixel = first;
  int back = *start;  // to the pixel before
  for (bool closed = false; !closed;) {
    const int ahead = *look_round(mask, pixel, back, false);
    if (ahead != opposite(back)) polygon.push_back(pixel);
    const Pixel next = step(pixel, ahead);
    closed = next == first && pixel == last;
    back = opposite(ahead);
    pixel = next;
  }
  return polygon;
}

}  // namespace evax::image
