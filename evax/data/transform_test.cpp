#include "evax/data/transform.h"

#include <gtest/gtest.h>

#include <cstring>

#include "evax/core/error.h"
#include "evax/core/npy.h"

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

TEST(TransformTest, RefusesStripsBeforeTakingMemory) {
  const image::Image strip{1'000'000, 1, 1, std::vector<uint8_t>(1'000'000)};
  EXPECT_THROW(Transform(weights::Preprocess{})(strip), Error);
}

}  // namespace
}  // namespace evax::data
