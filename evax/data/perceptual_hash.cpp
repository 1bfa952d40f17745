#include "evax/data/perceptual_hash.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

#include "evax/image/resize/resize.h"

namespace evax::data {
namespace {

constexpr int side = 64;
constexpr int kept = 16;

// Rec. 601 luma, rounded as Pillow's convert("L") does.
image::Image grey_of(const image::Image& image) {
  if (image.channels == 1) return image;
  image::Image grey{image.width, image.height, 1, {}};
  grey.pixels.resize(image.pixels.size() / 3);
  for (size_t i = 0; i < grey.pixels.size(); ++i) {
    const uint8_t* pixel = image.pixels.data() + 3 * i;
    grey.pixels[i] = static_cast<uint8_t>(
        (19595U * pixel[0] + 38470U * pixel[1] + 7471U * pixel[2] + 0x8000) >> 16);
  }
  return grey;
}

// Row k is the cosine of frequency k + 1 over `side` samples (DCT-II).
std::vector<double> cosines() {
  std::vector<double> table(kept * side);
  for (int k = 0; k < kept; ++k)
    for (int x = 0; x < side; ++x)
      table[k * side + x] = std::cos(std::numbers::pi * (2 * x + 1) * (k + 1) / (2.0 * side));
  return table;
}

}  // namespace

PerceptualHash perceptual_hash(const image::Image& image) {
  static const std::vector<double> table = cosines();
  const image::Image small = image::resize(grey_of(image), side, side, Interpolation::bilinear);

  std::vector<double> rows(kept * side);  // frequency down, place across
  for (int k = 0; k < kept; ++k)
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) rows[k * side + x] += table[k * side + y] * small.row(y)[x];
  std::vector<double> coefficients(kept * kept);
  for (int k = 0; k < kept; ++k)
    for (int l = 0; l < kept; ++l)
      for (int x = 0; x < side; ++x)
        coefficients[k * kept + l] += rows[k * side + x] * table[l * side + x];

  std::vector<double> sorted = coefficients;
  const auto middle = sorted.begin() + kept * kept / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double median = (*middle + *std::max_element(sorted.begin(), middle)) / 2;
  PerceptualHash hash{};
  for (size_t i = 0; i < coefficients.size(); ++i)
    if (coefficients[i] > median) hash[i / 64] |= uint64_t{1} << (i % 64);
  return hash;
}

int distance(const PerceptualHash& a, const PerceptualHash& b) {
  int bits = 0;
  for (size_t i = 0; i < a.size(); ++i) bits += std::popcount(a[i] ^ b[i]);
  return bits;
}

}  // namespace evax::data
