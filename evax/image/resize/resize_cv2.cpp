#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "evax/image/resize/resize.h"

namespace evax::image {
namespace {

// The two input samples of one output sample, and their weights in units of 1 / 2048.
struct Tap {
  size_t first, second;
  int first_weight, second_weight;
};

// OpenCV computes positions in double, rounds them to float, and the weights from that.
Tap tap_of(int index, int in, int out, bool clamp_weight) {
  const double scale = 1.0 / (static_cast<double>(out) / in);
  const auto position = static_cast<float>((index + 0.5) * scale - 0.5);
  const int base = static_cast<int>(std::floor(position));
  float fraction = position - static_cast<float>(base);
  if (clamp_weight && (base < 0 || base >= in - 1)) fraction = 0;
  const auto clamped = [in](int k) { return static_cast<size_t>(std::clamp(k, 0, in - 1)); };
  return {clamped(base), clamped(base + 1),
          static_cast<int>(std::rint((1.0F - fraction) * 2048.0F)),
          static_cast<int>(std::rint(fraction * 2048.0F))};
}

// The input sample that the nearest output sample takes.
std::vector<size_t> nearest_of(int in, int out) {
  const double scale = 1.0 / (static_cast<double>(out) / in);
  std::vector<size_t> sources;
  sources.reserve(static_cast<size_t>(out));
  for (int i = 0; i < out; ++i)
    sources.push_back(static_cast<size_t>(std::min(static_cast<int>(i * scale), in - 1)));
  return sources;
}

void check_sizes(const Image& image, int width, int height) {
  if (width < 1 || height < 1 || image.width < 1 || image.height < 1)
    throw std::logic_error("resize: expected sizes of at least 1");
}

std::vector<Tap> taps_of(int in, int out, bool clamp_weight) {
  std::vector<Tap> taps;
  taps.reserve(static_cast<size_t>(out));
  for (int i = 0; i < out; ++i) taps.push_back(tap_of(i, in, out, clamp_weight));
  return taps;
}

void mix_columns(const uint8_t* row, const std::vector<Tap>& columns, size_t channels, int* out) {
  for (const Tap& tap : columns)
    for (size_t c = 0; c < channels; ++c)
      *out++ = row[tap.first * channels + c] * tap.first_weight +
               row[tap.second * channels + c] * tap.second_weight;
}

// Two rows mixed along x at a time; the next output row usually needs the same ones.
class MixedRows {
 public:
  MixedRows(const Image& image, const std::vector<Tap>& columns)
      : image_(image), columns_(columns) {
    for (Line& line : lines_)
      line.values.resize(columns.size() * static_cast<size_t>(image.channels));
  }

  const int* row(size_t y) {
    Line& line = lines_[y % 2];
    if (line.row != y) {
      mix_columns(image_.row(static_cast<int>(y)), columns_, static_cast<size_t>(image_.channels),
                  line.values.data());
      line.row = y;
    }
    return line.values.data();
  }

 private:
  struct Line {
    size_t row = SIZE_MAX;
    std::vector<int> values;
  };
  const Image& image_;
  const std::vector<Tap>& columns_;
  Line lines_[2];
};

}  // namespace

Image resize_cv2(const Image& image, int width, int height) {
  check_sizes(image, width, height);
  // At the borders columns take the border's sample alone; rows mix it with itself, each product
  // truncated, which is not the same.
  const std::vector<Tap> columns = taps_of(image.width, width, true);
  const std::vector<Tap> rows = taps_of(image.height, height, false);
  const size_t bytes = static_cast<size_t>(width) * static_cast<size_t>(image.channels);
  Image out{width, height, image.channels, std::vector<uint8_t>(bytes * rows.size())};
  MixedRows mixed(image, columns);
  uint8_t* to = out.pixels.data();
  for (const Tap& tap : rows) {
    const int* above = mixed.row(tap.first);
    const int* below = mixed.row(tap.second);
    for (size_t x = 0; x < bytes; ++x) {
      const int sum = ((tap.first_weight * (above[x] >> 4)) >> 16) +
                      ((tap.second_weight * (below[x] >> 4)) >> 16);
      *to++ = static_cast<uint8_t>(std::clamp((sum + 2) >> 2, 0, 255));
    }
  }
  return out;
}

Image resize_nearest(const Image& image, int width, int height) {
  check_sizes(image, width, height);
  const std::vector<size_t> columns = nearest_of(image.width, width);
  const std::vector<size_t> rows = nearest_of(image.height, height);
  const auto channels = static_cast<size_t>(image.channels);
  Image out{width, height, image.channels,
            std::vector<uint8_t>(columns.size() * rows.size() * channels)};
  uint8_t* to = out.pixels.data();
  for (const size_t y : rows)
    for (const size_t x : columns)
      to = std::copy_n(image.row(static_cast<int>(y)) + x * channels, channels, to);
  return out;
}

}  // namespace evax::image
