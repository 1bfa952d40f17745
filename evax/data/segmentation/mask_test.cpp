#include "evax/data/segmentation/mask.h"

#include "evax/data/segmentation/masked_image.h"
#include "evax/data/segmentation/test_support.h"
#include "evax/image/write.h"

namespace evax::data {
namespace {

using testing::segmentation_fixture;

TEST(Mask, EveryKindOfPngMeansTheSame) {
  const auto rows = testing::segmentation_rows("masks.csv");
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) {
    const std::string path = segmentation_fixture("masks/" + row.at("file"));
    const auto read = [&] {
      return read_mask(path, std::stoul(row.at("classes")),
                       mask_values_from_name(row.at("values")));
    };
    if (row.at("sha256").empty())
      EXPECT_NE(test::error_of(read), "no error") << row.at("file");
    else
      EXPECT_EQ(testing::hash(read()), row.at("sha256"))
          << row.at("file") << " " << row.at("classes") << " " << row.at("values");
  }
}

TEST(Mask, UnexpectedValuesAreListed) {
  const TestFolder folder;
  const std::string path = folder.file("m.png");
  image::write_png(path, {4, 1, 1, {0, 1, 7, 128}});
  EXPECT_EQ(error_of([&] { read_mask(path, 1, MaskValues::automatic); }),
            path + ": expected the values 0 to 1 and 255 in a mask, found 7, 128");
  image::write_png(path, {12, 1, 1, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}});
  EXPECT_CONTAINS(error_of([&] { read_mask(path, 1, MaskValues::automatic); }),
                  "found 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
}

TEST(Mask, ColoursAndOtherFilesAreRefused) {
  const TestFolder folder;
  EXPECT_CONTAINS(error_of([&] {
                    read_mask(segmentation_fixture("masks/rgb_red.png"), 1, MaskValues::automatic);
                  }),
                  "expected a mask of numbers, found the colour");
  const std::string text = folder.write("m.png", "no picture");
  EXPECT_CONTAINS(error_of([&] { read_mask(text, 1, MaskValues::automatic); }), "a text file");
}

TEST(MaskedImage, SizesThatDifferAreAnErrorNamingBoth) {
  const TestFolder folder;
  Dataset dataset;
  dataset.classes = {"lung"};
  Sample sample;
  sample.path = folder.file("x.png");
  sample.mask = folder.file("m.png");
  image::write_png(sample.path, {3, 2, 1, std::vector<uint8_t>(6, 9)});
  image::write_png(sample.mask, {2, 3, 1, std::vector<uint8_t>(6, 1)});
  EXPECT_EQ(error_of([&] { read_masked_image(dataset, sample); }),
            sample.mask + ": expected a mask of 3 x 2 pixels, the size of " + sample.path +
                ", found 2 x 3");
  image::write_png(sample.mask, {3, 2, 1, {0, 255, 0, 0, 255, 255}});
  EXPECT_EQ(read_masked_image(dataset, sample).mask.pixels,
            (std::vector<uint8_t>{0, 1, 0, 0, 1, 1}));
  dataset.mask_values = MaskValues::index;
  EXPECT_EQ(read_masked_image(dataset, sample).mask.pixels[1], ignored_pixel);
}

TEST(MaskedImage, AListOfEmptyMasksIsRefused) {
  const TestFolder folder;
  Dataset dataset;
  dataset.classes = {"lung"};
  dataset.source = "list.csv";
  for (const char* name : {"a.png", "b.png"}) {
    dataset.samples.emplace_back().mask = folder.file(name);
    image::write_png(folder.file(name), {2, 1, 1, {0, 0}});
  }
  EXPECT_EQ(error_of([&] { check_has_target(dataset); }),
            "list.csv: expected a mask with a pixel of lung, found 2 without");
  image::write_png(folder.file("b.png"), {2, 1, 1, {0, 1}});
  EXPECT_EQ(error_of([&] { check_has_target(dataset); }), "no error");
}

}  // namespace
}  // namespace evax::data
