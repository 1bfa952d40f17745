#include "evax/data/augment/operations.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include "evax/core/error.h"
#include "evax/image/resize/affine.h"

namespace evax::data {
namespace {

using image::Image;
using Histogram = std::array<int64_t, 256>;
using Table = std::array<uint8_t, 256>;

Histogram histogram(const Image& image, int channel) {
  std::array<std::array<uint32_t, 256>, 4> counts{};  // four, as neighbours are often equal
  const size_t step = image.channels;
  size_t turn = 0;
  for (size_t i = channel; i < image.pixels.size(); i += step)
    ++counts[turn++ % 4][image.pixels[i]];
  Histogram sum{};
  for (const auto& part : counts)
    for (size_t value = 0; value < 256; ++value) sum[value] += part[value];
  return sum;
}

// `entry(value)` for every 8-bit value.
template <typename Entry>
Table make_table(Entry entry) {
  Table table;
  for (int value = 0; value < 256; ++value) table[value] = static_cast<uint8_t>(entry(value));
  return table;
}

void look_up(const Table& table, Image& image) {
  for (uint8_t& pixel : image.pixels) pixel = table[pixel];
}

// A table per channel, made from the channel's histogram.
template <typename MakeTable>
void look_up_by_histogram(Image& image, MakeTable table_of) {
  for (int channel = 0; channel < image.channels; ++channel) {
    const Table table = table_of(histogram(image, channel));
    for (size_t i = channel; i < image.pixels.size(); i += image.channels)
      image.pixels[i] = table[image.pixels[i]];
  }
}

// ImageOps.autocontrast: the darkest value becomes 0, the lightest 255.
Table auto_contrast_table(const Histogram& counts) {
  const auto any = [](int64_t count) { return count != 0; };
  const auto low = std::find_if(counts.begin(), counts.end(), any) - counts.begin();
  const auto high = counts.rend() - std::find_if(counts.rbegin(), counts.rend(), any) - 1;
  if (high <= low) return make_table([](int value) { return value; });
  const double scale = 255.0 / static_cast<double>(high - low);
  const double offset = static_cast<double>(-low) * scale;
  return make_table(
      [&](int value) { return std::clamp(static_cast<int>(value * scale + offset), 0, 255); });
}

// ImageOps.equalize; a picture of one value, or of too few pixels, stays as it is.
Table equalize_table(const Histogram& counts) {
  int64_t sum = 0, last = 0;
  for (const int64_t count : counts) {
    sum += count;
    if (count != 0) last = count;
  }
  const int64_t step = (sum - last) / 255;
  if (step == 0) return make_table([](int value) { return value; });
  int64_t below = step / 2;
  return make_table([&](int value) {
    const int64_t level = std::min<int64_t>(below / step, 255);
    below += counts[value];
    return level;
  });
}

// Image.blend: truncated, in float32; factors above 1 extrapolate.
uint8_t blend(int from, int to, float factor) {
  const float value = static_cast<float>(from) + factor * static_cast<float>(to - from);
  return static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F));
}

// As Pillow's convert("L").
uint8_t luma(const uint8_t* rgb) {
  return static_cast<uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

void color(Image& image, float factor) {
  if (image.channels == 1) return;
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    const int grey = luma(&image.pixels[i]);
    for (size_t c = i; c < i + 3; ++c) image.pixels[c] = blend(grey, image.pixels[c], factor);
  }
}

void contrast(Image& image, float factor) {
  uint64_t sum = 0;
  const size_t step = image.channels;
  for (size_t i = 0; i < image.pixels.size(); i += step)
    sum += step == 1 ? image.pixels[i] : luma(&image.pixels[i]);
  const double mean = static_cast<double>(sum) / static_cast<double>(image.pixels.size() / step);
  const int grey = static_cast<int>(mean + 0.5);  // NOLINT(bugprone-incorrect-roundings)
  look_up(make_table([&](int value) { return blend(grey, value, factor); }), image);
}

// Blends with ImageFilter.SMOOTH, 3 x 3 weights 1 around 5, divided by 13 and rounded: Pillow's
// float32 sum is far closer to the exact one than this is to a half. The outermost pixels are not
// smoothed.
void sharpness(Image& image, float factor) {
  const size_t step = image.channels;
  const size_t bytes = static_cast<size_t>(image.width) * step;
  if (image.width < 3 || image.height < 3) return;
  std::vector<uint8_t> above(image.row(0), image.row(0) + bytes);
  std::vector<uint8_t> here(bytes);
  std::vector<uint16_t> columns(bytes);  // sums of three rows
  for (int y = 1; y < image.height - 1; ++y) {
    uint8_t* row = image.row(y);
    const uint8_t* below = image.row(y + 1);
    here.assign(row, row + bytes);
    for (size_t i = 0; i < bytes; ++i)
      columns[i] = static_cast<uint16_t>(above[i] + here[i] + below[i]);
    for (size_t i = step; i < bytes - step; ++i) {
      const auto sum = static_cast<uint16_t>(columns[i - step] + columns[i] + columns[i + step] +
                                             4 * here[i] + 6);
      row[i] = blend(static_cast<uint16_t>(sum / 13), here[i], factor);
    }
    above.swap(here);
  }
}

// Python's round(value, 15).
double rounded_to_15_digits(double value) {
  return std::strtod(fmt::format("{:.15f}", value).c_str(), nullptr);
}

// Image.rotate about the centre, the inverse map.
image::Affine rotation(double degrees, int width, int height) {
  double turn = std::fmod(degrees, 360.0);
  if (turn < 0) turn += 360.0;
  const double angle = -(turn * (std::numbers::pi / 180));
  const double cosine = rounded_to_15_digits(std::cos(angle));
  const double sine = rounded_to_15_digits(std::sin(angle));
  const double x = width / 2.0;
  const double y = height / 2.0;
  return {cosine, sine, cosine * -x + sine * -y + x, -sine, cosine, -sine * -x + cosine * -y + y};
}

}  // namespace

void apply(Operation operation, double argument, const Colour& fill, Image& image) {
  const auto factor = static_cast<float>(argument);
  const auto geometry = [&](const image::Affine& matrix) {
    image = image::transform(image, matrix, fill);
  };
  switch (operation) {
    case Operation::auto_contrast: return look_up_by_histogram(image, auto_contrast_table);
    case Operation::equalize: return look_up_by_histogram(image, equalize_table);
    case Operation::invert: return look_up(make_table([](int v) { return 255 - v; }), image);
    case Operation::rotate: return geometry(rotation(argument, image.width, image.height));
    case Operation::posterize: {
      const int dropped = 8 - static_cast<int>(argument);
      return look_up(make_table([&](int v) { return v >> dropped << dropped; }), image);
    }
    case Operation::solarize:
      return look_up(make_table([&](int v) { return v < argument ? v : 255 - v; }), image);
    case Operation::solarize_add: {
      const int add = static_cast<int>(argument);
      return look_up(make_table([&](int v) { return v < 128 ? std::min(255, v + add) : v; }),
                     image);
    }
    case Operation::color: return color(image, factor);
    case Operation::contrast: return contrast(image, factor);
    case Operation::brightness:
      return look_up(make_table([&](int v) { return blend(0, v, factor); }), image);
    case Operation::sharpness: return sharpness(image, factor);
    case Operation::shear_x: return geometry({1, argument, 0, 0, 1, 0});
    case Operation::shear_y: return geometry({1, 0, 0, argument, 1, 0});
    case Operation::translate_x: return geometry({1, 0, argument * image.width, 0, 1, 0});
    case Operation::translate_y: return geometry({1, 0, 0, 0, 1, argument * image.height});
  }
}

}  // namespace evax::data
