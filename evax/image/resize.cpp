#include "evax/image/resize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "evax/image/resize_kernels.h"

namespace evax::image {
namespace {

struct Filter {
  double support;  // the kernel is zero outside [-support, support]
  double (*kernel)(double);
};

double box(double x) { return x > -0.5 && x <= 0.5 ? 1 : 0; }

double triangle(double x) {
  x = std::abs(x);
  return x < 1 ? 1 - x : 0;
}

// Keys' cubic with a = -0.5, in the order of operations whose rounding Pillow's weights have.
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

Filter filter_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::box: return {0.5, box};
    case Interpolation::bilinear: return {1, triangle};
    case Interpolation::bicubic: return {2, cubic};
    case Interpolation::nearest: break;
  }
  throw std::logic_error("resize: box, bilinear and bicubic only");
}

// How one axis is resampled: a window of the input for every output sample, in fixed point.
struct Axis {
  std::vector<Window> windows;
  std::vector<int32_t> weights;

  size_t first() const { return windows.front().first; }
  size_t end() const { return windows.back().first + windows.back().count; }
};

int32_t fixed_point(double weight) {
  const double scaled = weight * (1 << weight_bits);
  return static_cast<int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

// As Pillow rounds the ends of a window: cut off towards zero.
int rounded(double x) {
  return static_cast<int>(x + 0.5);  // NOLINT(bugprone-incorrect-roundings)
}

Axis make_axis(int in, int out, const Filter& filter) {
  const double scale = static_cast<double>(in) / out;
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;
  const double inverse = 1.0 / stretch;
  Axis axis;
  axis.windows.reserve(static_cast<size_t>(out));
  std::vector<double> weights;
  for (int i = 0; i < out; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(rounded(centre - support), 0);
    const int last = std::min(rounded(centre + support), in);
    weights.clear();
    double sum = 0;
    for (int k = first; k < last; ++k) {
      weights.push_back(filter.kernel((k - centre + 0.5) * inverse));
      sum += weights.back();
    }
    axis.windows.push_back({static_cast<size_t>(first), axis.weights.size(), weights.size()});
    for (const double weight : weights)
      axis.weights.push_back(fixed_point(sum == 0 ? weight : weight / sum));
  }
  return axis;
}

// Rows [first_row, end_row) of the image, resampled along x. A band of rows is transposed, so that
// the samples of a window become rows to mix, and transposed back.
Image resize_x(const Image& image, int width, const Axis& axis, size_t first_row, size_t end_row) {
  constexpr size_t band_rows = 64;
  const auto channels = static_cast<size_t>(image.channels);
  const size_t in_bytes = static_cast<size_t>(image.width) * channels;
  const size_t out_bytes = static_cast<size_t>(width) * channels;
  const size_t rows = end_row - first_row;
  const size_t band = std::min(rows, band_rows);
  Image out{width, static_cast<int>(rows), image.channels, std::vector<uint8_t>(rows * out_bytes)};
  std::vector<uint8_t> columns(in_bytes * band);
  std::vector<uint8_t> mixed(out_bytes * band);
  for (size_t y = 0; y < rows; y += band) {
    const size_t at = std::min(y, rows - band);  // the last band overlaps the one before
    transpose(image.row(static_cast<int>(first_row + at)), in_bytes, band, in_bytes, columns.data(),
              band);
    mix_rows(columns.data(), band, axis.windows, axis.weights.data(), channels, band, mixed.data(),
             band);
    transpose(mixed.data(), band, out_bytes, band, out.row(static_cast<int>(at)), out_bytes);
  }
  return out;
}

// Resamples along y; row 0 of the image stands for row `first_row` of the axis.
Image resize_y(const Image& image, int height, Axis axis, size_t first_row) {
  for (Window& window : axis.windows) window.first -= first_row;
  const size_t bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  Image out{image.width, height, image.channels,
            std::vector<uint8_t>(bytes * static_cast<size_t>(height))};
  mix_rows(image.pixels.data(), bytes, axis.windows, axis.weights.data(), 1, bytes,
           out.pixels.data(), bytes);
  return out;
}

}  // namespace

Image resize(const Image& image, int width, int height, Interpolation interpolation) {
  if (width < 1 || height < 1 || image.width < 1 || image.height < 1)
    throw std::logic_error("resize: expected sizes of at least 1");
  const Filter filter = filter_of(interpolation);
  if (width == image.width && height == image.height) return image;
  if (height == image.height) {
    return resize_x(image, width, make_axis(image.width, width, filter), 0,
                    static_cast<size_t>(height));
  }
  Axis rows = make_axis(image.height, height, filter);
  if (width == image.width) return resize_y(image, height, std::move(rows), 0);
  const size_t first = rows.first();
  const size_t end = rows.end();
  return resize_y(resize_x(image, width, make_axis(image.width, width, filter), first, end), height,
                  std::move(rows), first);
}

}  // namespace evax::image
