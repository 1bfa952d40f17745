#include "evax/data/augment/affine.h"

#include <cmath>
#include <numbers>

namespace evax::data {

image::Affine draw_affine(const AffineRange& range, int size, DrawSource& random) {
  const double angle = random.uniform(-range.rotate, range.rotate) * std::numbers::pi / 180;
  const double largest = std::log1p(range.zoom);
  const double factor = std::exp(random.uniform(-largest, largest));
  const double right = random.uniform(-range.shift, range.shift) * size;
  const double down = random.uniform(-range.shift, range.shift) * size;
  const double c = std::cos(angle) / factor, s = std::sin(angle) / factor;
  const double middle = size / 2.0;
  const double x = middle + right, y = middle + down;  // where the source's middle comes to lie
  return {c, s, middle - c * x - s * y, -s, c, middle + s * x - c * y};
}

image::Image transform_nearest(const image::Image& mask, const image::Affine& matrix) {
  image::Image out{mask.width, mask.height, 1, std::vector<uint8_t>(mask.pixels.size())};
  for (int y = 0; y < mask.height; ++y) {
    uint8_t* row = out.row(y);
    for (int x = 0; x < mask.width; ++x) {
      const double column = std::floor(matrix[0] * (x + 0.5) + matrix[1] * (y + 0.5) + matrix[2]);
      const double line = std::floor(matrix[3] * (x + 0.5) + matrix[4] * (y + 0.5) + matrix[5]);
      if (column >= 0 && column < mask.width && line >= 0 && line < mask.height)
        row[x] = mask.row(static_cast<int>(line))[static_cast<int>(column)];
    }
  }
  return out;
}

}  // namespace evax::data
