#include "evax/image/resize/affine.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "evax/image/test_support.h"

namespace evax::image {
namespace {

using namespace testing;

class AffineTransform : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

TEST_P(AffineTransform, EqualsPillow) {
  for (const Row& row : read_csv(fixtures / "affine.csv")) {
    const int width = number(row, "width"), height = number(row, "height");
    const Image image = picture(width, height, number(row, "channels"),
                                static_cast<uint32_t>(width * 1000 + height));
    Affine matrix;
    for (size_t i = 0; i < matrix.size(); ++i)
      matrix[i] = std::stod(row.at("m" + std::to_string(i)));
    EXPECT_EQ(hash(transform(image, matrix, {125, 116, 104}).pixels), row.at("sha256"))
        << width << "x" << height << "x" << image.channels << " by " << row.at("m0") << " "
        << row.at("m1") << " " << row.at("m2") << " ...";
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, AffineTransform,
                         ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

}  // namespace
}  // namespace evax::image
