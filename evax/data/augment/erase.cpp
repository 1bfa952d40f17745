#include "evax/data/augment/erase.h"

#include <algorithm>
#include <cmath>

#include "evax/core/error.h"

namespace evax::data {

Fill fill_from_name(const std::string& name) {
  if (name == "const") return Fill::constant;
  if (name == "rand") return Fill::random;
  if (name == "pixel") return Fill::pixel;
  fail("augment.erase_mode: expected const, rand or pixel, found \"{}\"", name);
}

std::optional<Box> draw_erased_box(int width, int height, Random& random) {
  constexpr double min_area = 0.02, max_area = 1.0 / 3, min_ratio = 0.3;
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = random.uniform(min_area, max_area) * area;
    const double ratio = std::exp(random.uniform(std::log(min_ratio), std::log(1 / min_ratio)));
    const double h = std::nearbyint(std::sqrt(target * ratio));
    const double w = std::nearbyint(std::sqrt(target / ratio));
    if (w >= width || h >= height) continue;
    const Box box{0, 0, static_cast<int>(w), static_cast<int>(h)};
    const int64_t top = random.integer(0, height - box.height);
    const int64_t left = random.integer(0, width - box.width);
    return Box{static_cast<int>(left), static_cast<int>(top), box.width, box.height};
  }
  return std::nullopt;
}

void erase(float* image, int size, double probability, Fill fill, Random& random) {
  if (!random.chance(probability)) return;
  const auto box = draw_erased_box(size, size, random);
  if (!box) return;
  for (int channel = 0; channel < 3; ++channel) {
    const float colour = fill == Fill::random ? static_cast<float>(random.normal(0, 1)) : 0.0F;
    for (int y = box->y; y < box->y + box->height; ++y) {
      float* row = image + (static_cast<size_t>(channel) * size + y) * size + box->x;
      if (fill == Fill::pixel) {
        std::generate_n(row, box->width, [&] { return static_cast<float>(random.normal(0, 1)); });
      } else {
        std::fill_n(row, box->width, colour);
      }
    }
  }
}

}  // namespace evax::data
