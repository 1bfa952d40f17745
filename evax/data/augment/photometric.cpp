#include "evax/data/augment/photometric.h"

#include <algorithm>

namespace evax::data {
namespace {

constexpr double most_levels = 32;
constexpr double lowest_factor = 0.5;
constexpr double highest_factor = 1.5;

uint8_t convert(uint8_t value, float factor, float levels) {
  return static_cast<uint8_t>(
      std::clamp(static_cast<float>(value) * factor + levels, 0.0F, 255.0F));
}

void convert_all(float factor, float levels, image::Image& image) {
  for (uint8_t& pixel : image.pixels) pixel = convert(pixel, factor, levels);
}

bool toss(DrawSource& random) { return random.integer(0, 1) == 1; }

}  // namespace

PhotoMetricDistortion draw_distortion(DrawSource& random) {
  PhotoMetricDistortion drawn;
  if (toss(random)) drawn.brightness = random.uniform(-most_levels, most_levels);
  if (toss(random)) drawn.contrast = random.uniform(lowest_factor, highest_factor);
  return drawn;
}

void apply(const PhotoMetricDistortion& distortion, image::Image& image) {
  if (distortion.brightness) convert_all(1, static_cast<float>(*distortion.brightness), image);
  if (distortion.contrast) convert_all(static_cast<float>(*distortion.contrast), 0, image);
}

}  // namespace evax::data
