#include "evax/data/transform.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/image/read.h"
#include "evax/weights/convert/presets.h"

namespace evax::data {
namespace {

Tensor fixture(const std::string& name) {
  return read_npy(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/transform/" + name + ".npy");
}

image::Image picture(const std::string& name) {
  const Tensor pixels = fixture(name + "_in");
  image::Image image{static_cast<int>(pixels.size(1)),
                     static_cast<int>(pixels.size(0)),
                     static_cast<int>(pixels.size(2)),
                     {}};
  image.pixels.resize(pixels.bytes().size());
  std::memcpy(image.pixels.data(), pixels.bytes().data(), image.pixels.size());
  return image;
}

void expect_equal(const Tensor& ours, const Tensor& oracle) {
  ASSERT_EQ(ours.shape(), oracle.shape());
  const Tensor wanted = oracle.to_f32();
  for (size_t i = 0; i < ours.floats().size(); ++i)
    ASSERT_EQ(ours.floats()[i], wanted.floats()[i]) << "at " << i;
}

class Fixtures : public testing::TestWithParam<std::string> {};

TEST_P(Fixtures, OfficialEvaluationTransformBitForBit) {
  weights::Preprocess preprocess;
  preprocess.resize = {32, 32};
  preprocess.crop = 27;  // an odd difference: torchvision rounds half to even
  expect_equal(Transform(preprocess)(picture(GetParam())), fixture(GetParam() + "_out"));
}

TEST_P(Fixtures, SquashBitForBit) {
  weights::Preprocess preprocess;
  preprocess.resize = {24, 24};
  preprocess.crop = 24;
  preprocess.fit = weights::Fit::squash;
  preprocess.interpolation = Interpolation::bilinear;
  expect_equal(Transform(preprocess)(picture(GetParam())), fixture(GetParam() + "_squash"));
}

INSTANTIATE_TEST_SUITE_P(Transform, Fixtures, testing::Values("wide", "tall", "square", "small"));

TEST(TransformTest, FloatArithmeticDoesNotRoundToBytes) {
  weights::Preprocess preprocess;
  preprocess.resize = {24, 24};
  preprocess.crop = 24;
  preprocess.fit = weights::Fit::squash;
  preprocess.interpolation = Interpolation::bilinear;
  preprocess.arithmetic = weights::Arithmetic::real;
  const Tensor floats = Transform(preprocess)(picture("wide"));
  const Tensor bytes = fixture("wide_squash");
  float largest = 0;
  for (size_t i = 0; i < floats.floats().size(); ++i)
    largest = std::max(largest, std::abs(floats.floats()[i] - bytes.floats()[i]));
  EXPECT_GT(largest, 0.0F);
  EXPECT_LT(largest, 1.01F / 255 / 0.28509309F);  // two roundings of half a level
}

// A picture whose value is the position of a pixel along one axis.
image::Image ramp(int width, int height, bool across) {
  image::Image image{width, height, 1, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      image.pixels.push_back(static_cast<uint8_t>(across ? x / 4 : y / 4));
  return image;
}

TEST(TransformTest, SeenPartIsWhatTheNetworkSees) {
  weights::Preprocess preprocess;  // 256, then the middle 224
  EXPECT_EQ(seen_part(1024, 1024, preprocess), (Box{64, 64, 896, 896}));
  preprocess.mean.fill(0);
  preprocess.std.fill(1);
  constexpr int width = 1000, height = 700, last = 223;
  for (const bool across : {true, false})
    for (const auto fit : {weights::Fit::shorter, weights::Fit::squash}) {
      preprocess.fit = fit;
      const Tensor input = Transform(preprocess)(ramp(width, height, across));
      const Box seen = seen_part(width, height, preprocess);
      for (const int at : {20, 112, 203}) {
        const float value = input.floats()[across ? at : at * (last + 1)] * 255;
        const double centre = (at + 0.5) / (last + 1);
        const double expected =
            across ? seen.x + centre * seen.width : seen.y + centre * seen.height;
        EXPECT_NEAR(value * 4 + 2, expected, 2.5) << at << " " << across;  // steps of 4 pixels
      }
    }
}

TEST(TransformTest, SeenPartIsThePictureWhereNothingIsCropped) {
  weights::Preprocess preprocess;
  preprocess.resize = {224, 224};
  preprocess.fit = weights::Fit::squash;
  EXPECT_EQ(seen_part(1000, 37, preprocess), (Box{0, 0, 1000, 37}));
  preprocess.resize = {112, 112};  // the crop pads 56 on every side
  EXPECT_EQ(seen_part(1000, 500, preprocess), (Box{-500, -250, 2000, 1000}));
}

TEST(TransformTest, GradCamPreprocessingIsTheOriginals) {
  const std::string shared = std::string(EVAX_SHARED_DIR) + "/";
  if (!std::filesystem::exists(shared + "fixtures/cam/preprocess.npy"))
    GTEST_SKIP() << "no " << shared << "fixtures/cam/preprocess.npy";
  const Tensor expected = read_npy(shared + "fixtures/cam/preprocess.npy");
  const Transform transform(weights::grad_cam_preprocess(224));
  const char* names[] = {"00009863_058", "00011831_008"};
  for (size_t i = 0; i < 2; ++i) {
    const image::Image image =
        image::read(fmt::format("{}data/localization/nih_bbox_1024/{}.png", shared, names[i]))
            .image;
    const Tensor input = transform(image);
    const size_t plane = size_t{224} * 224;
    double largest = 0;
    for (size_t at = 0; at < 3 * plane; ++at)
      largest = std::max(largest, std::abs(double{input.floats()[at]} -
                                           expected.floats()[i * plane + at % plane]));
    EXPECT_LT(largest, 2e-6) << names[i];
  }
}

TEST(TransformTest, RefusesStripsBeforeTakingMemory) {
  const image::Image strip{1'000'000, 1, 1, std::vector<uint8_t>(1'000'000)};
  EXPECT_THROW(Transform(weights::Preprocess{})(strip), Error);
}

}  // namespace
}  // namespace evax::data
