#include "evax/image/resize.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "evax/image/test_support.h"

namespace evax::image {
namespace {

using namespace testing;

Interpolation interpolation_of(const std::string& name) {
  if (name == "box") return Interpolation::box;
  return name == "bilinear" ? Interpolation::bilinear : Interpolation::bicubic;
}

class Resize : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }
};

TEST_P(Resize, EqualsPillow) {
  for (const Row& row : read_csv(fixtures / "resize.csv")) {
    const int width = number(row, "width"), height = number(row, "height");
    const Image image = picture(width, height, number(row, "channels"),
                                static_cast<uint32_t>(width * 1000 + height));
    const Image out = resize(image, number(row, "out_width"), number(row, "out_height"),
                             interpolation_of(row.at("filter")));
    EXPECT_EQ(out.width, number(row, "out_width"));
    EXPECT_EQ(out.height, number(row, "out_height"));
    EXPECT_EQ(hash(out.pixels), row.at("sha256"))
        << width << "x" << height << "x" << image.channels << " -> " << out.width << "x"
        << out.height << " " << row.at("filter");
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Resize, ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

TEST(CenterCrop, EqualsTorchvision) {
  for (const Row& row : read_csv(fixtures / "crop.csv")) {
    const Image image =
        picture(number(row, "width"), number(row, "height"), number(row, "channels"), 7);
    const Image out = center_crop(image, number(row, "out_width"), number(row, "out_height"));
    EXPECT_EQ(hash(out.pixels), row.at("sha256"))
        << image.width << "x" << image.height << " -> " << out.width << "x" << out.height;
  }
}

}  // namespace
}  // namespace evax::image
