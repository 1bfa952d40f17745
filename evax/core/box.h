#pragma once

#include <algorithm>
#include <cstdint>

namespace evax {

/// An upright rectangle of whole pixels; x and y are those of its top left one.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
};

inline int64_t area_of(const Box& box) { return int64_t{box.width} * box.height; }

/// Whether the pixel is one of the box's.
inline bool contains(const Box& box, int x, int y) {
  return x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
}

/// The pixels of both; all 0 where they have none in common.
inline Box intersection(const Box& a, const Box& b) {
  const int x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  const int width = std::min(a.x + a.width, b.x + b.width) - x;
  const int height = std::min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? Box{x, y, width, height} : Box{};
}

}  // namespace evax
