#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/core/testing/support.h"
#include "evax/image/mask/cardiothoracic.h"
#include "evax/image/mask/contour.h"
#include "evax/image/mask/overlay.h"

namespace evax::image {
namespace {

using Json = nlohmann::json;

Image mask_of(int width, int height, const std::string& drawing) {
  Image mask{width, height, 1, {}};
  for (const char c : drawing) mask.pixels.push_back(c == '.' ? 0 : 255);
  return mask;
}

// SciPy's labels, OpenCV's contours (tools/oracles/masks.py).
TEST(Mask, PartsAndTheirBordersAgreeWithTheOracles) {
  const Json cases =
      Json::parse(std::ifstream(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/seg/masks.json"));
  ASSERT_EQ(cases.size(), 15U);
  for (const Json& item : cases) {
    const Image mask = mask_of(item["width"], item["height"], item["mask"]);
    const auto parts = connected_components(mask);
    ASSERT_EQ(parts.size(), item["components"].size()) << item["mask"];
    int64_t area = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      const Json& expected = item["components"][i];
      const Component& part = parts[i];
      EXPECT_EQ(Json({part.first.x, part.first.y}), expected["first"]);
      EXPECT_EQ(Json({part.box.x, part.box.y, part.box.width, part.box.height}), expected["box"]);
      EXPECT_EQ(part.area, expected["area"]);
      Json contour = Json::array();
      for (const Pixel& pixel : outer_contour(mask, part)) contour.push_back({pixel.x, pixel.y});
      EXPECT_EQ(contour, expected["contour"]) << item["mask"];
      area += part.area;
    }
    EXPECT_EQ(area_of(mask), area);
  }
}

TEST(Mask, TheLargestComponentIsTheFirstOfEquals) {
  EXPECT_EQ(largest_component(mask_of(4, 3, "#..#...#....")).value().box, (Box{3, 0, 1, 2}));
  EXPECT_EQ(largest_component(mask_of(4, 3, "##......##..")).value().box, (Box{0, 0, 2, 1}));
  EXPECT_FALSE(largest_component(mask_of(4, 3, "............")));
}

TEST(Mask, AnOverlayIsTranslucentWithinAnOpaqueBorder) {
  const Image xray{5, 5, 1, std::vector<uint8_t>(25, 100)};
  const Image mask = mask_of(5, 5, "......###..###..###......");
  const OverlayLayer layer{&mask, {200, 0, 100}, 0.25};
  const Image drawn = draw_overlay(xray, std::span(&layer, 1));
  ASSERT_EQ(drawn.channels, 3);
  const auto pixel = [&](int x, int y) {
    return Rgb{drawn.row(y)[3 * x], drawn.row(y)[3 * x + 1], drawn.row(y)[3 * x + 2]};
  };
  EXPECT_EQ(pixel(0, 0), (Rgb{100, 100, 100}));
  EXPECT_EQ(pixel(1, 1), (Rgb{200, 0, 100}));
  EXPECT_EQ(pixel(2, 1), (Rgb{200, 0, 100}));
  EXPECT_EQ(pixel(2, 2), (Rgb{125, 75, 100}));
}

TEST(Mask, AnOverlayNeedsAMaskOfTheImagesSize) {
  const Image xray{2, 1, 1, {0, 0}}, mask{1, 2, 1, {0, 0}};
  const OverlayLayer layer{&mask, {}, 1};
  EXPECT_CONTAINS(test::error_of([&] { draw_overlay(xray, std::span(&layer, 1)); }),
                  "expected a mask of 2 x 1 pixels as the image has, found 1 x 2");
}

// By hand: the lungs are widest in the third row, 9 columns; the heart spans 4, its rows only 3.
TEST(Mask, TheHeartIsMeasuredAcrossRowsTheThoraxInOne) {
  const Image lungs = mask_of(11, 4,
                              "..##...##.."
                              "..##...###."
                              ".###..####."
                              "###........");
  const Image heart = mask_of(11, 4,
                              "..........."
                              "....###...."
                              ".....###..."
                              "......#....");
  const auto found = cardiothoracic_ratio(lungs, heart);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->heart, 4);
  EXPECT_EQ(found->thorax, 9);
  EXPECT_DOUBLE_EQ(found->ratio(), 4. / 9);
  const Image none = mask_of(11, 4, std::string(44, '.'));
  EXPECT_FALSE(cardiothoracic_ratio(lungs, none));
  EXPECT_FALSE(cardiothoracic_ratio(none, heart));
  EXPECT_CONTAINS(test::error_of([&] { cardiothoracic_ratio(lungs, mask_of(1, 1, "#")); }),
                  "found 11 x 4 and 1 x 1");
}

}  // namespace
}  // namespace evax::image
