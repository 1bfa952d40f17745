#include "evax/data/augment/segment.h"

#include <algorithm>
#include <cmath>

#include "evax/core/npy.h"
#include "evax/data/augment/affine.h"
#include "evax/data/augment/photometric.h"
#include "evax/data/augment/test_support.h"
#include "evax/data/segmentation/test_support.h"

namespace evax::data {
namespace {

using testing::expect_frequency;
using testing::segmentation_rows;

// Spec D.2 for images of `size` squared.
weights::Preprocess segmentation(int size) {
  weights::Preprocess preprocess;
  preprocess.resize = {size, size};
  preprocess.crop = size;
  preprocess.fit = weights::Fit::squash;
  preprocess.arithmetic = weights::Arithmetic::cv2_8;
  preprocess.interpolation = Interpolation::bilinear;
  preprocess.antialias = false;
  return preprocess;
}

AugmentConfig policy(const std::string& name) {
  AugmentConfig config;
  config.policy = name;
  return config;
}

std::vector<uint8_t> bytes_of(const Tensor& tensor, size_t begin, size_t count) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(tensor.bytes().data()) + begin;
  return {bytes, bytes + count};
}

TEST(PhotoMetricDistortion, EqualsMmsegmentations) {
  const Tensor in = read_npy(testing::segmentation_fixture("pmd_in.npy"));
  const Tensor out = read_npy(testing::segmentation_fixture("pmd_out.npy"));
  constexpr size_t pixels = 64 * 64;
  const auto rows = segmentation_rows("pmd.csv");
  ASSERT_EQ(rows.size(), 5U);
  for (size_t i = 0; i < rows.size(); ++i) {
    PhotoMetricDistortion drawn;
    if (const auto& text = rows[i].at("brightness"); !text.empty())
      drawn.brightness = std::stod(text);
    if (const auto& text = rows[i].at("contrast"); !text.empty()) drawn.contrast = std::stod(text);
    image::Image image{64, 64, 1, bytes_of(in, i * pixels, pixels)};
    apply(drawn, image);
    EXPECT_EQ(image.pixels, bytes_of(out, i * pixels, pixels)) << i;
  }
}

TEST(PhotoMetricDistortion, DrawsWithTheOriginalsProbabilities) {
  constexpr uint32_t trials = 4000;
  size_t bright = 0, contrasts = 0;
  double levels = 0, factors = 0;
  for (uint32_t i = 0; i < trials; ++i) {
    Random random(3, 0, i, Draw::photometric);
    const PhotoMetricDistortion drawn = draw_distortion(random);
    bright += drawn.brightness ? 1 : 0;
    contrasts += drawn.contrast ? 1 : 0;
    levels += drawn.brightness.value_or(0);
    factors += drawn.contrast.value_or(1);
    EXPECT_LE(std::abs(drawn.brightness.value_or(0)), 32);
    EXPECT_LE(std::abs(drawn.contrast.value_or(1) - 1), 0.5);
  }
  expect_frequency(static_cast<double>(bright), trials, 0.5);
  expect_frequency(static_cast<double>(contrasts), trials, 0.5);
  // Half of the draws are 0 (or 1), so the variance is half that of the uniform ones.
  testing::expect_mean(levels, trials, 0, 64 / std::sqrt(24.0));
  testing::expect_mean(factors, trials, 1, 1 / std::sqrt(24.0));
}

TEST(SegmentTransform, EvaluatesAsTheOriginal) {
  NEEDS_SHARED("fixtures/seg/pipeline_b_128.npy");
  const Tensor in = read_npy(shared_file("fixtures/seg/resize_b_in.npy"));
  const Tensor expected = read_npy(shared_file("fixtures/seg/pipeline_b_128.npy"));
  const int height = static_cast<int>(in.size(0)), width = static_cast<int>(in.size(1));
  const image::Image image{width, height, 1, bytes_of(in, 0, in.bytes().size())};
  std::vector<float> out(3 * 128 * 128);
  std::vector<uint8_t> mask(128 * 128);
  make_segment_transform(policy("none"), segmentation(128))(image, image, {}, out.data(),
                                                            mask.data());
  const auto values = expected.floats();
  for (size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(out[i], values[i], 1e-6) << i;
  for (size_t i = 0; i < mask.size(); ++i)  // nearest: floor(i * n / N)
    ASSERT_EQ(mask[i], image.row(static_cast<int>(i / 128 * height / 128))[i % 128 * width / 128]);
}

// A picture that is dark on its left half, under a mask of the left half.
image::Image half_dark() {
  image::Image image{8, 8, 1, std::vector<uint8_t>(64, 200)};
  for (int y = 0; y < 8; ++y) std::fill(image.row(y), image.row(y) + 4, 20);
  return image;
}

TEST(SegmentTransform, TurnsImageAndMaskAlike) {
  const auto transform = make_segment_transform(policy("segment"), segmentation(4));
  const image::Image image = half_dark();
  Mask left = image;
  for (uint8_t& pixel : left.pixels) pixel = pixel == 20 ? 1 : 0;
  constexpr uint32_t trials = 2000;
  size_t flipped = 0, distorted = 0;
  std::vector<float> out(3 * 16);
  std::vector<uint8_t> mask(16);
  const float plain = (20.0F / 255 - 0.49185243F) / 0.28509309F;
  for (uint32_t i = 0; i < trials; ++i) {
    transform(image, left, {5, 1, i}, out.data(), mask.data());
    for (size_t p = 0; p < mask.size(); ++p)  // what is dark is what is marked
      ASSERT_EQ(mask[p] == 1, out[p] < out[p / 4 * 4 + (mask[p / 4 * 4] == 1 ? 3 : 0)]);
    flipped += mask[0] == 0 ? 1 : 0;
    distorted += std::abs(*std::min_element(out.begin(), out.end()) - plain) > 1e-6 ? 1 : 0;
  }
  expect_frequency(static_cast<double>(flipped), trials, 0.5);
  // 3/4 of the draws distort; a few of those are truncated to the value they began with.
  EXPECT_NEAR(static_cast<double>(distorted), 0.75 * trials, 0.05 * trials);
}

TEST(SegmentTransform, DrawsDependOnTheKeyAlone) {
  const image::Image image = half_dark();
  const auto run = [&](uint32_t sample) {
    std::vector<float> out(3 * 16);
    std::vector<uint8_t> mask(16);
    make_segment_transform(policy("segment"), segmentation(4))(image, image, {5, 1, sample},
                                                               out.data(), mask.data());
    return std::pair(out, mask);
  };
  EXPECT_EQ(run(3), run(3));
  size_t different = 0;
  for (uint32_t i = 0; i < 8; ++i) different += run(i) != run(i + 1) ? 1 : 0;
  EXPECT_GT(different, 4U);
}

// A quarter turn, a factor of 2 and a shift of two pixels, worked out by hand on 4 x 4.
TEST(Affine, TurnsZoomsAndShiftsAboutTheMiddle) {
  class Draws : public DrawSource {
   public:
    explicit Draws(std::vector<double> values) : values_(std::move(values)) {}
    double uniform(double low, double high) override {
      const double value = values_.at(next_++);
      EXPECT_TRUE(low <= value && value <= high) << value;
      return value;
    }
    int64_t integer(int64_t low, int64_t) override { return low; }

   private:
    std::vector<double> values_;
    size_t next_ = 0;
  };
  image::Image mask{4, 4, 1, std::vector<uint8_t>(16)};
  for (size_t i = 0; i < 16; ++i) mask.pixels[i] = static_cast<uint8_t>(i + 1);
  const auto result = [&](std::vector<double> values) {
    Draws draws(std::move(values));
    return transform_nearest(mask, draw_affine({90, 1, 0.5}, 4, draws)).pixels;
  };
  using Pixels = std::vector<uint8_t>;
  EXPECT_EQ(result({0, 0, 0, 0}), mask.pixels);
  EXPECT_EQ(result({90, 0, 0, 0}), (Pixels{13, 9, 5, 1, 14, 10, 6, 2, 15, 11, 7, 3, 16, 12, 8, 4}));
  EXPECT_EQ(result({0, std::log(2.0), 0, 0}),
            (Pixels{6, 6, 7, 7, 6, 6, 7, 7, 10, 10, 11, 11, 10, 10, 11, 11}));
  EXPECT_EQ(result({0, 0, 0.5, 0}), (Pixels{0, 0, 1, 2, 0, 0, 5, 6, 0, 0, 9, 10, 0, 0, 13, 14}));
  EXPECT_EQ(result({0, 0, 0, -0.5}),
            (Pixels{9, 10, 11, 12, 13, 14, 15, 16, 0, 0, 0, 0, 0, 0, 0, 0}));
}

// What is bright is what is marked, wherever it comes to lie; outside the picture nothing is.
TEST(SegmentTransform, MovesImageAndMaskAlike) {
  AugmentConfig config = policy("segment");
  config.rotate = 30;
  config.zoom = 0.3;
  config.shift = 0.2;
  constexpr int size = 48;
  image::Image image{size, size, 1, std::vector<uint8_t>(size * size, 40)};
  for (int y = 14; y < 34; ++y) std::fill(image.row(y) + 10, image.row(y) + 26, 220);
  Mask mask = image;
  for (uint8_t& pixel : mask.pixels) pixel = pixel == 220 ? 1 : 0;
  const auto transform = make_segment_transform(config, segmentation(size));
  std::vector<float> out(3 * size * size);
  std::vector<uint8_t> marked(size * size);
  size_t least = size * size, most = 0;
  for (uint32_t sample = 0; sample < 50; ++sample) {
    transform(image, mask, {7, 2, sample}, out.data(), marked.data());
    const auto [low, high] = std::minmax_element(out.begin(), out.begin() + size * size);
    const float middle = (*low + *high) / 2;
    size_t area = 0, different = 0;
    for (size_t i = 0; i < marked.size(); ++i) {
      area += marked[i];
      different += (marked[i] == 1) != (out[i] > middle) ? 1 : 0;
    }
    EXPECT_LE(different, 80U) << sample;  // the border, where bicubic and nearest differ
    least = std::min(least, area);
    most = std::max(most, area);
  }
  EXPECT_LT(least, 280U);  // of 320 pixels
  EXPECT_GT(most, 400U);
}

TEST(SegmentTransform, RefusesWhatAMaskCannotFollow) {
  const auto error = [](const AugmentConfig& config, const weights::Preprocess& preprocess) {
    return error_of([&] { make_segment_transform(config, preprocess); });
  };
  EXPECT_EQ(error(policy("segment"), segmentation(32)), "no error");
  EXPECT_CONTAINS(error(policy("timm"), segmentation(32)), "expected segment or none");
  weights::Preprocess shorter = segmentation(32);
  shorter.fit = weights::Fit::shorter;
  EXPECT_CONTAINS(error(policy("none"), shorter), "resize = [32, 32]");
  AugmentConfig mixed = policy("segment");
  mixed.mixup = 0.2;
  EXPECT_CONTAINS(error(mixed, segmentation(32)), "expected mixup = 0");
  EXPECT_CONTAINS(error_of([] { make_train_transform(policy("segment"), segmentation(32)); }),
                  "images without masks");
}

}  // namespace
}  // namespace evax::data
