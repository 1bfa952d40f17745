#include "evax/core/interpolate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace evax {
namespace {

// How one axis is resampled: for every output sample the first input sample, and as many weights
// as the widest window needs (`stride`); `count` of them are used.
struct Axis {
  struct Window {
    size_t first;
    size_t count;
  };
  size_t stride = 0;
  std::vector<Window> windows;
  std::vector<float> weights;

  const float* weights_of(size_t index) const { return weights.data() + index * stride; }
  size_t first() const { return windows.front().first; }
  size_t end() const { return windows.back().first + windows.back().count; }
};

// Output samples [begin, begin + count) of an axis.
struct Range {
  size_t begin;
  size_t count;
};

// Keys' cubic; `a` is its slope at 1. The fused steps are those of PyTorch's builds: without them
// weights differ by 1e-6.
float cubic(float x, float a) {
  x = std::abs(x);
  if (x < 1) return std::fma(std::fma(a + 2, x, -(a + 3)) * x, x, 1.0F);
  if (x < 2) return std::fma(std::fma(std::fma(a, x, -5 * a), x, 8 * a), x, -4 * a);
  return 0;
}

float triangle(float x) { return std::max(0.0F, 1 - std::abs(x)); }

int support_of(Interpolation interpolation) {
  if (interpolation == Interpolation::bicubic) return 2;
  if (interpolation == Interpolation::bilinear) return 1;
  throw std::logic_error("interpolate: bilinear and bicubic only");
}

// Positions are computed in float32, as PyTorch does: at sample 300 float64 would move them by
// 1e-5 of a sample, and on noise the result by 4e-5 of its range.

// Samples outside the line take the value of its end, so their weights fall on the end.
Axis plain_axis(int in, int out, Interpolation interpolation, Range range) {
  const int support = support_of(interpolation);
  const bool is_cubic = interpolation == Interpolation::bicubic;
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  Axis axis;
  axis.stride = 2 * static_cast<size_t>(support);
  axis.weights.assign(range.count * axis.stride, 0.0F);
  for (size_t n = 0; n < range.count; ++n) {
    const auto i = static_cast<int>(range.begin + n);
    float centre = std::fma(scale, static_cast<float>(i) + 0.5F, -0.5F);
    if (!is_cubic) centre = std::max(centre, 0.0F);
    const int base = std::min(static_cast<int>(std::floor(centre)), in - 1);
    const float fraction = std::clamp(centre - static_cast<float>(base), 0.0F, 1.0F);
    const int first = std::clamp(base - support + 1, 0, in - 1);
    const int last = std::clamp(base + support, 0, in - 1);
    axis.windows.push_back({static_cast<size_t>(first), static_cast<size_t>(last - first + 1)});
    float* weights = axis.weights.data() + n * axis.stride;
    for (int k = 1 - support; k <= support; ++k) {
      const float distance = static_cast<float>(k) - fraction;
      weights[std::clamp(base + k, 0, in - 1) - first] +=
          is_cubic ? cubic(distance, -0.75F) : triangle(distance);
    }
  }
  return axis;
}

// As PyTorch rounds the ends of a window: cut off towards zero.
int rounded(double x) {
  return static_cast<int>(x + 0.5);  // NOLINT(bugprone-incorrect-roundings)
}

// The kernel widens with the scale, as in Pillow; weights are normalised over what is in the line.
Axis antialias_axis(int in, int out, Interpolation interpolation, Range range) {
  const bool is_cubic = interpolation == Interpolation::bicubic;
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  const float stretch = std::max(scale, 1.0F);
  const float support = static_cast<float>(support_of(interpolation)) * stretch;
  const float inverse = 1 / stretch;
  Axis axis;
  axis.stride = 2 * static_cast<size_t>(std::ceil(support)) + 1;
  axis.weights.assign(range.count * axis.stride, 0.0F);
  for (size_t n = 0; n < range.count; ++n) {
    const auto i = static_cast<int>(range.begin + n);
    const auto centre = static_cast<float>(scale * (i + 0.5));
    const int first = std::max(rounded(centre - support), 0);
    const int last = std::min(rounded(centre + support), in);
    const auto count = std::min(static_cast<size_t>(std::max(last - first, 0)), axis.stride);
    axis.windows.push_back({static_cast<size_t>(first), count});
    float* weights = axis.weights.data() + n * axis.stride;
    float sum = 0;
    for (size_t k = 0; k < count; ++k) {
      const float offset = static_cast<float>(first + static_cast<int>(k)) - centre;
      const auto distance = static_cast<float>((offset + 0.5) * inverse);
      weights[k] = is_cubic ? cubic(distance, -0.5F) : triangle(distance);
      sum += weights[k];
    }
    if (sum != 0)
      for (size_t k = 0; k < count; ++k) weights[k] /= sum;
  }
  return axis;
}

// What is resampled at a time, so that a strip of a picture, of few columns and endless rows, takes
// no more memory than the picture does: weights of an axis, and samples between the two passes.
constexpr size_t most_weights = size_t{1} << 20;
constexpr size_t most_samples = size_t{8} << 20;

// How many output samples of an axis have so few weights; one at least.
size_t group_of(int in, int out, Interpolation interpolation, bool antialias) {
  const double scale = antialias ? std::max(static_cast<double>(in) / out, 1.0) : 1.0;
  const double width = 2 * support_of(interpolation) * scale + 3;
  return std::max<size_t>(static_cast<size_t>(static_cast<double>(most_weights) / width), 1);
}

// Rows [first, end) of a plane, resampled along x.
void resample_x(const float* plane, size_t width, size_t first, size_t end, const Axis& columns,
                float* out) {
  for (size_t y = first; y < end; ++y)
    for (size_t x = 0; x < columns.windows.size(); ++x) {
      const float* source = plane + y * width + columns.windows[x].first;
      const float* weights = columns.weights_of(x);
      float sum = 0;
      for (size_t k = 0; k < columns.windows[x].count; ++k) sum += weights[k] * source[k];
      *out++ = sum;
    }
}

}  // namespace

std::vector<float> interpolate(const float* plane, int height, int width, int out_height,
                               int out_width, Interpolation interpolation, bool antialias) {
  if (height < 1 || width < 1 || out_height < 1 || out_width < 1)
    throw std::logic_error("interpolate: expected sizes of at least 1");
  const auto make_axis = antialias ? antialias_axis : plain_axis;
  const size_t row_group = group_of(height, out_height, interpolation, antialias);
  const size_t column_group = group_of(width, out_width, interpolation, antialias);
  const auto out_rows = static_cast<size_t>(out_height),
             out_stride = static_cast<size_t>(out_width);

  std::vector<float> out(out_rows * out_stride, 0.0F);
  std::vector<float> wide;
  for (size_t y = 0; y < out_rows; y += row_group) {
    const Axis rows =
        make_axis(height, out_height, interpolation, {y, std::min(row_group, out_rows - y)});
    const size_t span = rows.end() - rows.first();
    const size_t strip = std::clamp<size_t>(most_samples / span, 1, column_group);
    for (size_t x = 0; x < out_stride; x += strip) {
      const size_t count = std::min(strip, out_stride - x);
      wide.resize(span * count);
      resample_x(plane, static_cast<size_t>(width), rows.first(), rows.end(),
                 make_axis(width, out_width, interpolation, {x, count}), wide.data());
      for (size_t n = 0; n < rows.windows.size(); ++n) {
        float* to = out.data() + (y + n) * out_stride + x;
        const auto [first, taps] = rows.windows[n];
        for (size_t k = 0; k < taps; ++k) {
          const float weight = rows.weights_of(n)[k];
          const float* source = wide.data() + (first - rows.first() + k) * count;
          for (size_t i = 0; i < count; ++i) to[i] += weight * source[i];
        }
      }
    }
  }
  return out;
}

}  // namespace evax
