#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "evax/core/npy.h"
#include "evax/image/image.h"
#include "evax/image/test_support.h"

namespace evax::data::testing {

/// tools/oracles/augment.py wrote them.
inline std::string fixture_path(const std::string& name) {
  return std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/augment/" + name;
}

inline Tensor fixture(const std::string& name) { return read_npy(fixture_path(name + ".npy")); }

/// The rows of a CSV file by column name.
inline std::vector<image::testing::Row> table(const std::string& name) {
  return image::testing::read_csv(fixture_path(name + ".csv"));
}

/// U8 [height, width, channels], or row `index` of [N, height, width, channels], as a picture.
inline image::Image picture_of(const Tensor& pixels, size_t index = 0) {
  const size_t first = pixels.shape().size() - 3;
  image::Image image{static_cast<int>(pixels.size(first + 1)),
                     static_cast<int>(pixels.size(first)),
                     static_cast<int>(pixels.size(first + 2)),
                     {}};
  image.pixels.resize(static_cast<size_t>(image.width) * image.height * image.channels);
  std::memcpy(image.pixels.data(), pixels.bytes().data() + index * image.pixels.size(),
              image.pixels.size());
  return image;
}

inline image::Image equal_channels(const image::Image& grey) {
  image::Image rgb{grey.width, grey.height, 3, {}};
  for (const uint8_t value : grey.pixels) rgb.pixels.insert(rgb.pixels.end(), 3, value);
  return rgb;
}

/// That `hits` of `trials` independent draws of a known probability is within five standard
/// deviations: a right generator fails one such test in 1.7 million, and ours is deterministic.
inline void expect_frequency(double hits, double trials, double probability) {
  const double deviation = std::sqrt(trials * probability * (1 - probability));
  EXPECT_NEAR(hits, trials * probability, 5 * deviation);
}

/// That the mean of `trials` draws of a known distribution is within five standard errors.
inline void expect_mean(double sum, double trials, double mean, double deviation) {
  EXPECT_NEAR(sum / trials, mean, 5 * deviation / std::sqrt(trials));
}

}  // namespace evax::data::testing
