#include "evax/evaluation/segmentation/examples.h"

#include <gtest/gtest.h>

#include <span>

#include "evax/image/read.h"

namespace evax::evaluation {
namespace {

// Labels of 10 pixels, of which so many are marked and nothing else; -1: the class is not there.
metrics::Segmentations found(const std::vector<int64_t>& intersections) {
  metrics::Segmentations all;
  for (const int64_t n : intersections)
    all.images.push_back(
        {{{}, {std::max<int64_t>(n, 0), std::max<int64_t>(n, 0), n < 0 ? 0 : 10}}, {{}}});
  return all;
}

std::string text_of(const std::vector<RankedImage>& examples) {
  std::string text;
  for (const RankedImage& example : examples)
    text += example.rank + " " + std::to_string(example.image) + ", ";
  return text;
}

TEST(MaskExamples, AreBestMedianAndWorstOfTheImagesThatShowTheClass) {
  EXPECT_EQ(text_of(example_images(found({4, -1, 9, 0, 7, 5}), 0)), "best 2, median 5, worst 3, ");
  EXPECT_EQ(text_of(example_images(found({4, 6, 5, 3}), 0)), "best 1, median 0, worst 3, ");
  EXPECT_EQ(text_of(example_images(found({4, 9}), 0)), "best 1, worst 0, ");
  EXPECT_EQ(text_of(example_images(found({4}), 0)), "best 0, ");
  EXPECT_EQ(text_of(example_images(found({-1}), 0)), "");
}

TEST(MaskExamples, AThumbnailFitsAPage) {
  image::Image xray{800, 400, 1, std::vector<uint8_t>(800 * 400, 100)};
  image::Image mask = xray, none = xray;
  std::fill(none.pixels.begin(), none.pixels.end(), uint8_t{0});
  const std::string png = mask_thumbnail(xray, mask, none);
  const auto small = image::decode(std::as_bytes(std::span(png)), "thumbnail").image;
  EXPECT_EQ(small.width, 384);
  EXPECT_EQ(small.height, 192);
  const uint8_t* centre = small.row(96) + 3 * 192;  // 0.3 of the way from grey to blue
  EXPECT_EQ(centre[0], 96);
  EXPECT_EQ(centre[1], 124);
  EXPECT_EQ(centre[2], 140);
}

}  // namespace
}  // namespace evax::evaluation
