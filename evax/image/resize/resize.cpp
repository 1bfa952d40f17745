#include "evax/image/resize/resize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "evax/image/resize/resize_kernels.h"

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

// What of an axis is resampled at a time: so many output samples that their weights stay few.
constexpr size_t most_weights = size_t{1} << 20;
// What the pass along x may take for the rows that the pass along y needs at a time.
constexpr size_t most_bytes = size_t{32} << 20;

// One axis of a picture, `in` samples long, that becomes `out` samples.
class Scale {
 public:
  Scale(int in, int out, const Filter& filter)
      : in_(in),
        out_(out),
        scale_(static_cast<double>(in) / out),
        stretch_(std::max(scale_, 1.0)),
        support_(filter.support * stretch_),
        filter_(filter) {}

  size_t size() const { return static_cast<size_t>(out_); }

  // How many output samples from `first` on are done at a time: one at least.
  size_t group(size_t first) const {
    const double width = 2 * support_ + 1;
    const auto fitting = static_cast<size_t>(static_cast<double>(most_weights) / width);
    return std::min(std::max<size_t>(fitting, 1), size() - first);
  }

  // The windows of `count` output samples from `begin` on.
  Axis axis(size_t begin, size_t count) const {
    const double inverse = 1.0 / stretch_;
    Axis axis;
    axis.windows.reserve(count);
    std::vector<double> weights;
    for (size_t i = begin; i < begin + count; ++i) {
      const double centre = (static_cast<double>(i) + 0.5) * scale_;
      const int first = std::max(rounded(centre - support_), 0);
      const int last = std::min(rounded(centre + support_), in_);
      weights.clear();
      double sum = 0;
      for (int k = first; k < last; ++k) {
        weights.push_back(filter_.kernel((k - centre + 0.5) * inverse));
        sum += weights.back();
      }
      axis.windows.push_back({static_cast<size_t>(first), axis.weights.size(), weights.size()});
      for (const double weight : weights)
        axis.weights.push_back(fixed_point(sum == 0 ? weight : weight / sum));
    }
    return axis;
  }

 private:
  int in_, out_;
  double scale_, stretch_, support_;
  Filter filter_;
};

// Moves the windows so that input sample `first` is their first.
void shift(Axis& axis, size_t first) {
  for (Window& window : axis.windows) window.first -= first;
}

class Resizing {
 public:
  Resizing(const Image& image, int width, int height, const Filter& filter)
      : image_(image),
        channels_(static_cast<size_t>(image.channels)),
        across_(image.width, width, filter),
        down_(image.height, height, filter),
        out_{width, height, image.channels,
             std::vector<uint8_t>(across_.size() * down_.size() * channels_)} {}

  Image run() {
    if (image_.height == out_.height)
      resize_x(0, down_.size(), 0, across_.size(), out_.pixels.data());
    else
      for (size_t y = 0, count; y < down_.size(); y += count) {
        count = down_.group(y);
        make_rows(y, down_.axis(y, count));
      }
    return std::move(out_);
  }

 private:
  size_t in_step() const { return static_cast<size_t>(image_.width) * channels_; }
  size_t out_step() const { return across_.size() * channels_; }

  // Output rows from `y` on. Pillow resamples along x first, which would blow a strip of few
  // columns and endless rows up whole: so many output columns at a time as fit into memory.
  void make_rows(size_t y, Axis rows) {
    const size_t first = rows.first(), end = rows.end();
    shift(rows, first);
    uint8_t* to = out_.row(static_cast<int>(y));
    if (image_.width == out_.width) {
      mix_rows(image_.row(static_cast<int>(first)), in_step(), rows.windows, rows.weights.data(), 1,
               out_step(), to, out_step());
      return;
    }
    const size_t strip = std::max<size_t>(most_bytes / ((end - first) * channels_), 1);
    std::vector<uint8_t> wide;
    for (size_t x = 0, count; x < across_.size(); x += count) {
      count = std::min(strip, across_.size() - x);
      const size_t bytes = count * channels_;
      wide.resize(bytes * (end - first));
      resize_x(first, end, x, count, wide.data());
      mix_rows(wide.data(), bytes, rows.windows, rows.weights.data(), 1, bytes, to + x * channels_,
               out_step());
    }
  }

  // Rows [first_row, end_row) of the image, resampled along x to `count` columns from `begin` on,
  // which fill the rows of `out`.
  void resize_x(size_t first_row, size_t end_row, size_t begin, size_t count, uint8_t* out) {
    const size_t step = count * channels_;
    for (size_t x = 0, columns; x < count; x += columns) {
      columns = std::min(across_.group(begin + x), count - x);
      mix_columns(first_row, end_row, across_.axis(begin + x, columns), out + x * channels_, step);
    }
  }

  // A band of rows is transposed, so that the samples of a window become rows to mix, and
  // transposed back.
  void mix_columns(size_t first_row, size_t end_row, Axis axis, uint8_t* out, size_t step) const {
    constexpr size_t band_rows = 64;
    const size_t first = axis.first();
    const size_t in_bytes = (axis.end() - first) * channels_;
    const size_t out_bytes = axis.windows.size() * channels_;
    shift(axis, first);
    const size_t rows = end_row - first_row;
    const size_t fitting = std::max<size_t>(most_bytes / std::max(in_bytes, out_bytes), 1);
    const size_t band = std::min({rows, band_rows, fitting});
    std::vector<uint8_t> columns(in_bytes * band);
    std::vector<uint8_t> mixed(out_bytes * band);
    for (size_t y = 0; y < rows; y += band) {
      const size_t at = std::min(y, rows - band);  // the last band overlaps the one before
      transpose(image_.row(static_cast<int>(first_row + at)) + first * channels_, in_step(), band,
                in_bytes, columns.data(), band);
      mix_rows(columns.data(), band, axis.windows, axis.weights.data(), channels_, band,
               mixed.data(), band);
      transpose(mixed.data(), band, out_bytes, band, out + at * step, step);
    }
  }

  const Image& image_;
  size_t channels_;
  Scale across_, down_;
  Image out_;
};

}  // namespace

Image resize(const Image& image, int width, int height, Interpolation interpolation) {
  if (width < 1 || height < 1 || image.width < 1 || image.height < 1)
    throw std::logic_error("resize: expected sizes of at least 1");
  const Filter filter = filter_of(interpolation);
  if (width == image.width && height == image.height) return image;
  return Resizing(image, width, height, filter).run();
}

}  // namespace evax::image
