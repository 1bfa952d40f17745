#include "evax/image/heat/heat_overlay.h"

#include <gtest/gtest.h>

#include "evax/core/error.h"

namespace evax::image {
namespace {

Rgb at(const Image& image, int x, int y) {
  const uint8_t* pixel = image.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

TEST(HeatOverlay, IsOpaqueWhereTheMapIsStrong) {
  const Image xray{3, 1, 1, {100, 100, 100}};
  const Image drawn = draw_heat(xray, std::vector<float>{0, 0.5F, 1});
  EXPECT_EQ(at(drawn, 0, 0), (Rgb{100, 100, 100}));
  EXPECT_EQ(at(drawn, 1, 0), (Rgb{77, 116, 114}));  // 0.65 of the X-ray, 0.35 of 33, 145, 140
  EXPECT_EQ(at(drawn, 2, 0), (Rgb{207, 192, 56}));  // 0.3 of the X-ray, 0.7 of 253, 231, 37
  EXPECT_THROW(draw_heat(xray, std::vector<float>{0, 1}), Error);
}

TEST(HeatOverlay, DrawsWhatIsOnThePicture) {
  const Rgb white{255, 255, 255};
  const Rgb black{};
  Image picture{40, 30, 3, std::vector<uint8_t>(40 * 30 * 3)};
  draw_box(picture, {20, 10, 99, 99}, white);
  for (const auto& [x, y] : {std::pair{20, 10}, {39, 10}, {20, 29}, {21, 11}})
    EXPECT_EQ(at(picture, x, y), white);
  EXPECT_EQ(at(picture, 22, 12), black);
  draw_ring(picture, {0, 0}, white);
  for (const auto& [x, y] : {std::pair{10, 0}, {0, 10}, {9, 0}})
    EXPECT_EQ(at(picture, x, y), white);
  for (const auto& [x, y] : {std::pair{0, 0}, {8, 0}, {11, 0}}) EXPECT_EQ(at(picture, x, y), black);
}

}  // namespace
}  // namespace evax::image
