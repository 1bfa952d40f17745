#include "evax/image/resize/resize.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "evax/core/npy.h"
#include "evax/image/test_support.h"

namespace evax::image {
namespace {

using namespace testing;

Interpolation interpolation_of(const std::string& name) {
  if (name == "box") return Interpolation::box;
  return name == "bilinear" ? Interpolation::bilinear : Interpolation::bicubic;
}

Image grey_image(const Tensor& tensor) {
  Image image{static_cast<int>(tensor.size(1)), static_cast<int>(tensor.size(0)), 1, {}};
  for (const std::byte byte : tensor.bytes())
    image.pixels.push_back(std::to_integer<uint8_t>(byte));
  return image;
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

void expect_opencvs(const std::string& table, Image (*resize)(const Image&, int, int)) {
  for (const Row& row : read_csv(fixtures / table)) {
    const int width = number(row, "width"), height = number(row, "height");
    const Image image = picture(width, height, number(row, "channels"),
                                static_cast<uint32_t>(width * 1000 + height));
    const Image out = resize(image, number(row, "out_width"), number(row, "out_height"));
    EXPECT_EQ(hash(out.pixels), row.at("sha256")) << width << "x" << height << "x" << image.channels
                                                  << " -> " << out.width << "x" << out.height;
  }
}

TEST(ResizeCv2, EqualsOpenCV) {
  expect_opencvs("resize_cv2.csv", resize_cv2);
  expect_opencvs("resize_nearest.csv", resize_nearest);
}

TEST(ResizeCv2, EqualsTheSegmentationFixtures) {
  const auto folder = std::filesystem::path(EVAX_SHARED_DIR) / "fixtures/seg";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no folder " << folder;
  for (const std::string name : {"resize_a", "resize_b"}) {
    const Tensor in = read_npy((folder / (name + "_in.npy")).string());
    const Image bilinear = grey_image(read_npy((folder / (name + "_bilinear.npy")).string()));
    const Image nearest = grey_image(read_npy((folder / (name + "_nearest.npy")).string()));
    const Image image = grey_image(in);
    EXPECT_EQ(resize_cv2(image, bilinear.width, bilinear.height).pixels, bilinear.pixels) << name;
    EXPECT_EQ(resize_nearest(image, nearest.width, nearest.height).pixels, nearest.pixels) << name;
  }
}

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
