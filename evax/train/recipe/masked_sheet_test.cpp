#include "evax/train/recipe/masked_sheet.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evax/core/testing/support.h"
#include "evax/image/heat/colour_map.h"

namespace evax::train {
namespace {

using test::error_of;
using Rgb = image::Rgb;

// Four patches of 2 x 2 pixels; the second and the fourth are masked.
MaskedImage example() {
  MaskedImage image;
  image.input = {4, 4, 1, {}};
  for (int i = 0; i < 16; ++i) image.input.pixels.push_back(static_cast<uint8_t>(16 * i));
  image.mask = {0, 1, 0, 1};
  image.cosine = {std::nanf(""), 1, 0.3F, -1};
  return image;
}

Rgb at(const image::Image& sheet, int x, int y) {
  const uint8_t* pixel = sheet.row(y) + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

TEST(MaskedSheet, HasThreeTilesARow) {
  MaskedImage second = example();
  second.mask = {1, 1, 1, 1};
  second.cosine[2] = 0;
  const image::Image sheet = masked_sheet({example(), second});
  ASSERT_EQ(sheet.width, 3 * 4 + 2 * 4);
  ASSERT_EQ(sheet.height, 2 * 4 + 4);
  ASSERT_EQ(sheet.channels, 3);
  EXPECT_EQ(at(sheet, 3, 1), (Rgb{112, 112, 112}));      // the input
  EXPECT_EQ(at(sheet, 4, 1), (Rgb{255, 255, 255}));      // between the tiles
  EXPECT_EQ(at(sheet, 8 + 1, 1), (Rgb{80, 80, 80}));     // seen
  EXPECT_EQ(at(sheet, 8 + 2, 1), (Rgb{128, 128, 128}));  // masked
  EXPECT_EQ(at(sheet, 16 + 1, 1), (Rgb{20, 20, 20}));    // seen, dim
  EXPECT_EQ(at(sheet, 16 + 2, 1), image::viridis(1));    // cosine 1
  EXPECT_EQ(at(sheet, 16 + 3, 3), image::viridis(0));    // cosine -1
  EXPECT_EQ(at(sheet, 16, 4), (Rgb{255, 255, 255}));     // between the rows
  EXPECT_EQ(at(sheet, 0, 8), (Rgb{0, 0, 0}));            // the second input
  EXPECT_EQ(at(sheet, 16, 8 + 2), image::viridis(0.5));  // cosine 0
}

TEST(MaskedSheet, RefusesWhatDoesNotFit) {
  const auto error = [](auto change) {
    MaskedImage image = example();
    change(image);
    return error_of([&] { masked_sheet({example(), image}); });
  };
  EXPECT_EQ(error([](MaskedImage&) {}), "no error");
  EXPECT_CONTAINS(error([](MaskedImage& image) { image.mask.pop_back(); }),
                  "found 4 x 4, 1 channels, 3 patches");
  EXPECT_CONTAINS(error([](MaskedImage& image) { image.cosine.clear(); }), "0 cosines");
  EXPECT_CONTAINS(error([](MaskedImage& image) { image.input.width = 2; }), "found 2 x 4");
  EXPECT_CONTAINS(error([](MaskedImage& image) {
                    image.mask.resize(9);
                    image.cosine.resize(9);
                  }),
                  "9 patches");
  EXPECT_CONTAINS(error_of([] { masked_sheet({}); }), "found none");
}

}  // namespace
}  // namespace evax::train
