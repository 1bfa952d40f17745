#include "evax/data/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evax/core/log.h"

namespace evax::data {
namespace {

// In 1,362 chest X-rays of six public sets the mean lies between -0.89 and 1.09 and the spread
// between 0.19 and 1.25 (docs/images.md).
constexpr double largest_mean = 1.3;
constexpr double smallest_spread = 0.15;
constexpr double largest_spread = 1.5;

// "low resolution: 64 x 64 pixels, ..." -> "low resolution"
std::string kind_of(const std::string& warning) { return warning.substr(0, warning.find(':')); }

}  // namespace

Brightness brightness_of(std::span<const float> input) {
  const auto count = static_cast<double>(input.size());
  const double mean = std::accumulate(input.begin(), input.end(), 0.0) / count;
  double squares = 0;
  for (const float value : input) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / count)};
}

Brightness brightness_of(const image::Image& image, const weights::Preprocess& preprocess) {
  constexpr size_t enough = 100'000;
  const auto channels = static_cast<size_t>(image.channels);
  const size_t pixels = image.pixels.size() / channels;
  const size_t step = (pixels / enough) | 1;  // odd: not one column of a picture of even width
  std::vector<float> values;
  values.reserve((pixels / step + 1) * channels);
  for (size_t pixel = 0; pixel < pixels; pixel += step)
    for (size_t c = 0; c < channels; ++c)
      values.push_back(
          (static_cast<float>(image.pixels[pixel * channels + c]) / 255 - preprocess.mean[c]) /
          preprocess.std[c]);
  return brightness_of(values);
}

std::vector<std::string> warnings_of(const image::Info& info, int width, int height,
                                     const Brightness& seen,
                                     const weights::Preprocess& preprocess) {
  std::vector<std::string> warnings = info.warnings;
  if (std::min(width, height) < preprocess.crop)
    warnings.push_back(fmt::format("low resolution: {} x {} pixels, the model works at {} x {}",
                                   width, height, preprocess.crop, preprocess.crop));
  if (std::abs(seen.mean) > largest_mean || seen.spread < smallest_spread ||
      seen.spread > largest_spread)
    warnings.push_back(
        fmt::format("unusual brightness or contrast for a chest X-ray: mean {:+.1f}, spread {:.1f} "
                    "(the model's training data: 0 and 1)",
                    seen.mean, seen.spread));
  return warnings;
}

WarningTally::~WarningTally() {
  for (const auto& [kind, files] : kinds_) {
    const auto& [first, words] = *files.begin();
    warn(fmt::format("{}{}: {}{}", source_.empty() ? "" : source_ + ": ",
                     files.size() == 1 ? first : fmt::format("{} images", files.size()), words,
                     files.size() == 1 ? "" : fmt::format(" (the first: {})", first)));
  }
}

void WarningTally::expect(const weights::Preprocess& preprocess) {
  const std::lock_guard lock(mutex_);
  preprocess_ = preprocess;
}

void WarningTally::add(const std::string& path, const std::vector<std::string>& warnings) {
  if (warnings.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const std::string& warning : warnings) kinds_[kind_of(warning)].try_emplace(path, warning);
}

void WarningTally::add(const std::string& path, const image::Radiograph& xray) {
  weights::Preprocess preprocess;
  {
    const std::lock_guard lock(mutex_);
    preprocess = preprocess_;
  }
  const image::Image& image = xray.image;
  add(path, warnings_of(xray.info, image.width, image.height, brightness_of(image, preprocess),
                        preprocess));
}

}  // namespace evax::data
