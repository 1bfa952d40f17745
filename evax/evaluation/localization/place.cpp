#include "evax/evaluation/localization/place.h"

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"
#include "evax/data/transform.h"

namespace evax::evaluation {
namespace {

// Far outside of any picture, and far inside of int.
int to_int(double value) { return static_cast<int>(std::clamp(value, -1e9, 1e9)); }

struct Extent {
  int width, height;
};

// Of the pictures that the list's boxes are in pixels of.
Extent list_extent(int box_size, int width, int height) {
  return box_size > 0 ? Extent{box_size, box_size} : Extent{width, height};
}

[[noreturn]] void refuse(const data::Rectangle& box, Extent list) {
  if (!(box.width > 0 && box.height > 0))
    fail("expected a box with a size, found {} x {}", box.width, box.height);
  const bool outside = box.x >= list.width || box.y >= list.height || box.x + box.width <= 0 ||
                       box.y + box.height <= 0;
  fail("expected a box {}, found [{}, {}, {}, {}]",
       outside ? fmt::format("within {} x {} pixels", list.width, list.height)
               : "of at least a pixel",
       box.x, box.y, box.width, box.height);
}

// The pixels of a line whose centres lie in [start, start + length).
std::pair<int, int> centres_in(double start, double length) {
  const int first = to_int(std::ceil(start - 0.5));
  return {first, to_int(std::ceil(start + length - 0.5)) - first};
}

}  // namespace

Place place_on_xray(const data::Rectangle& box, int box_size, int width, int height,
                    const weights::Preprocess& preprocess) {
  const Extent list = list_extent(box_size, width, height);
  Place place{width, height, data::seen_part(width, height, preprocess), {}, 1, 1};
  place.unit_x = static_cast<double>(list.width) / width;
  place.unit_y = static_cast<double>(list.height) / height;
  const auto [x, w] = centres_in(box.x / place.unit_x, box.width / place.unit_x);
  const auto [y, h] = centres_in(box.y / place.unit_y, box.height / place.unit_y);
  place.box = intersection({x, y, w, h}, {0, 0, width, height});
  if (area_of(place.box) == 0) refuse(box, list);
  return place;
}

Place place_on_input(const data::Rectangle& box, int box_size, int width, int height, int size) {
  const Extent list = list_extent(box_size, width, height);
  const auto scaled = [size](double value, int extent) {
    return to_int(static_cast<double>(to_int(value)) / extent * size);
  };
  const Box whole{0, 0, size, size};
  Place place{size, size, whole, {}, 1, 1};
  place.unit_x = static_cast<double>(list.width) / size;
  place.unit_y = static_cast<double>(list.height) / size;
  place.box = intersection({scaled(box.x, list.width), scaled(box.y, list.height),
                            scaled(box.width, list.width), scaled(box.height, list.height)},
                           whole);
  if (area_of(place.box) == 0) refuse(box, list);
  return place;
}

}  // namespace evax::evaluation
