#include "evax/core/interpolate.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace evax {
namespace {

// The input samples [first, first + weights.size()) and their weights for one output sample.
struct Taps {
  int first;
  std::vector<float> weights;
};

double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double kernel(Interpolation interpolation, double x, double a) {
  if (interpolation == Interpolation::bicubic) return cubic(x, a);
  return std::max(0.0, 1 - std::abs(x));
}

int support_of(Interpolation interpolation) {
  if (interpolation == Interpolation::bicubic) return 2;
  if (interpolation == Interpolation::bilinear) return 1;
  throw std::logic_error("interpolate: bilinear and bicubic only");
}

// Samples outside the line take the value of its end, so their weights fall on the end.
Taps plain_taps(Interpolation interpolation, int in, double scale, int index) {
  const int support = support_of(interpolation);
  double centre = (index + 0.5) * scale - 0.5;
  if (interpolation == Interpolation::bilinear) centre = std::max(centre, 0.0);
  const int base = static_cast<int>(std::floor(centre)) - support + 1;
  const int first = std::clamp(base, 0, in - 1);
  const int last = std::clamp(base + 2 * support - 1, 0, in - 1);
  Taps taps{first, std::vector<float>(static_cast<size_t>(last - first + 1), 0.0F)};
  for (int i = base; i < base + 2 * support; ++i)
    taps.weights[static_cast<size_t>(std::clamp(i, 0, in - 1) - first)] +=
        static_cast<float>(kernel(interpolation, i - centre, -0.75));
  return taps;
}

Taps antialias_taps(Interpolation interpolation, int in, double scale, int index) {
  const double stretch = std::max(scale, 1.0);
  const double support = support_of(interpolation) * stretch;
  const double centre = (index + 0.5) * scale;
  const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
  const int last = std::min(static_cast<int>(centre + support + 0.5), in);
  Taps taps{first, {}};
  double sum = 0;
  std::vector<double> weights;
  for (int i = first; i < last; ++i) {
    weights.push_back(kernel(interpolation, (i - centre + 0.5) / stretch, -0.5));
    sum += weights.back();
  }
  for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  return taps;
}

std::vector<Taps> line_taps(int in, int out, Interpolation interpolation, bool antialias) {
  const double scale = static_cast<double>(in) / out;
  std::vector<Taps> taps;
  taps.reserve(static_cast<size_t>(out));
  for (int i = 0; i < out; ++i)
    taps.push_back(antialias ? antialias_taps(interpolation, in, scale, i)
                             : plain_taps(interpolation, in, scale, i));
  return taps;
}

}  // namespace

std::vector<float> interpolate(const float* plane, int height, int width, int out_height,
                               int out_width, Interpolation interpolation, bool antialias) {
  const auto columns = line_taps(width, out_width, interpolation, antialias);
  const auto rows = line_taps(height, out_height, interpolation, antialias);
  const auto stride = static_cast<size_t>(out_width);

  std::vector<float> wide(static_cast<size_t>(height) * stride);
  for (int y = 0; y < height; ++y)
    for (size_t x = 0; x < stride; ++x) {
      const float* source = plane + static_cast<size_t>(y) * width + columns[x].first;
      float sum = 0;
      for (size_t k = 0; k < columns[x].weights.size(); ++k)
        sum += columns[x].weights[k] * source[k];
      wide[static_cast<size_t>(y) * stride + x] = sum;
    }

  std::vector<float> out(static_cast<size_t>(out_height) * stride, 0.0F);
  for (size_t y = 0; y < rows.size(); ++y)
    for (size_t k = 0; k < rows[y].weights.size(); ++k) {
      const float weight = rows[y].weights[k];
      const float* source = wide.data() + (static_cast<size_t>(rows[y].first) + k) * stride;
      for (size_t x = 0; x < stride; ++x) out[y * stride + x] += weight * source[x];
    }
  return out;
}

}  // namespace evax
