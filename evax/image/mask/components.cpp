#include "evax/image/mask/components.h"

#include <algorithm>

namespace evax::image {
namespace {

/// Takes parts out of a copy of a mask.
class Filler {
 public:
  explicit Filler(const Image& mask) : rest_(mask) {}

  bool is_left(Pixel pixel) const { return is_inside(rest_, pixel.x, pixel.y); }

  /// The part that this pixel is the first of.
  Component take(Pixel first) {
    int left = first.x, right = first.x, bottom = first.y;
    int64_t area = 0;
    visit(first);
    while (!pending_.empty()) {
      const Pixel pixel = pending_.back();
      pending_.pop_back();
      ++area;
      left = std::min(left, pixel.x);
      right = std::max(right, pixel.x);
      bottom = std::max(bottom, pixel.y);
      for (int y = pixel.y - 1; y <= pixel.y + 1; ++y)
        for (int x = pixel.x - 1; x <= pixel.x + 1; ++x)
          if (is_left({x, y})) visit({x, y});
    }
    return {first, {left, first.y, right - left + 1, bottom - first.y + 1}, area};
  }

 private:
  void visit(Pixel pixel) {
    rest_.row(pixel.y)[pixel.x] = 0;
    pending_.push_back(pixel);
  }

  Image rest_;
  std::vector<Pixel> pending_;
};

}  // namespace

bool is_inside(const Image& mask, int x, int y) {
  return x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.row(y)[x] != 0;
}

int64_t area_of(const Image& mask) {
  return std::count_if(mask.pixels.begin(), mask.pixels.end(), [](uint8_t v) { return v != 0; });
}

std::vector<Component> connected_components(const Image& mask) {
  std::vector<Component> components;
  Filler filler(mask);
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x)
      if (filler.is_left({x, y})) components.push_back(filler.take({x, y}));
  return components;
}

std::optional<Component> largest_component(const Image& mask) {
  const std::vector<Component> components = connected_components(mask);
  const auto largest =
      std::max_element(components.begin(), components.end(),
                       [](const auto& a, const auto& b) { return a.area < b.area; });
  return largest == components.end() ? std::nullopt : std::optional(*largest);
}

}  // namespace evax::image
