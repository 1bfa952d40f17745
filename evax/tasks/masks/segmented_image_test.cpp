#include "evax/tasks/masks/segmented_image.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/core/file.h"
#include "evax/core/testing/support.h"
#include "evax/image/read.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;
using image::Image;

Image mask_of(const std::string& drawing) {
  Image mask{5, static_cast<int>(drawing.size()) / 5, 1, {}};
  for (const char c : drawing) mask.pixels.push_back(c == '#');
  return mask;
}

SegmentedImage segmented() {
  SegmentedImage item{"x/1.dcm", "lungs.safetensors", {}, {}};
  item.radiograph.image = {5, 3, 1, std::vector<uint8_t>(15, 100)};
  item.radiograph.info.warnings = {"the view is LL"};
  item.classes = {{"Left_Lung", 0.3,
                   mask_of("##..."
                           "##..."
                           "....#")}};
  return item;
}

TEST(SegmentedImage, JsonTellsAreasBoxesAndContours) {
  EXPECT_EQ(json_of(segmented()), Json::parse(R"({
    "path": "x/1.dcm", "model": "lungs.safetensors",
    "use": "For research only: not a medical device, not for diagnosis.",
    "width": 5, "height": 3, "pixel_spacing_mm": null,
    "classes": {"Left_Lung": {"threshold": 0.3, "area_fraction": 0.3333333333333333,
      "area_pixels": 5, "parts": [
        {"box": [0, 0, 2, 2], "area_pixels": 4, "contour": [[0, 0], [0, 1], [1, 1], [1, 0]]},
        {"box": [4, 2, 1, 1], "area_pixels": 1, "contour": [[4, 2]]}]}},
    "warnings": ["the view is LL"]})"));
}

TEST(SegmentedImage, JsonTellsMillimetresWhereAPixelsSizeIsKnown) {
  SegmentedImage item = segmented();
  item.radiograph.info.pixel_spacing = {0.5, 0.25};
  item.classes.push_back({"heart", 0.3, mask_of(".###.....#.....")});
  const Json json = json_of(item);
  EXPECT_EQ(json["pixel_spacing_mm"], Json::parse("[0.5, 0.25]"));
  const Json& lung = json["classes"]["Left_Lung"];
  EXPECT_EQ(lung["area_mm2"], 0.625);
  EXPECT_EQ(lung["parts"][1]["box_mm"], Json::parse("[1.0, 1.0, 0.25, 0.5]"));
  EXPECT_EQ(lung["parts"][0]["area_mm2"], 0.5);
  EXPECT_EQ(json["cardiothoracic_ratio"], Json::parse(R"({"ratio": 2.0, "heart_pixels": 4,
    "thorax_pixels": 2, "heart_mm": 1.0, "thorax_mm": 0.5})"));
}

TEST(SegmentedImage, NoRatioOfAnEmptyMask) {
  SegmentedImage item = segmented();
  EXPECT_FALSE(json_of(item).contains("cardiothoracic_ratio"));
  item.classes.push_back({"heart", 0.3, mask_of("...............")});
  EXPECT_TRUE(json_of(item).at("cardiothoracic_ratio").is_null());
}

TEST(SegmentedImage, FilesStandBesideEachOther) {
  const test::TestFolder folder;
  SegmentedImage item = segmented();
  const std::string stem = folder.file("1");
  write_masks(item, stem);
  write_overlay(item, stem);
  write_json(item, stem);
  const Image mask = image::read(stem + "_mask.png").image;
  EXPECT_EQ(mask.pixels,
            (std::vector<uint8_t>{255, 255, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 255}));
  EXPECT_EQ(image::read(stem + "_overlay.png").image.channels, 3);
  EXPECT_EQ(Json::parse(std::ifstream(stem + ".json")), json_of(item));
}

TEST(SegmentedImage, OnlyADicomFileHasADicomSegmentation) {
  const test::TestFolder folder;
  SegmentedImage item = segmented();
  const std::string stem = folder.file("1");
  write_dicom_segmentation(item, {}, {"lungs", "1", "evax"}, stem);
  EXPECT_FALSE(std::filesystem::exists(stem + "_seg.dcm"));
  item.path = EVAX_SOURCE_DIR "/tests/fixtures/dicom/files/real/SIIM_cxr_jpegbaseline_mono2.dcm";
  const auto bytes = read_file(item.path, image::max_file_bytes);
  item.radiograph = image::decode(bytes, item.path);
  item.classes[0].mask = item.radiograph.image;
  write_dicom_segmentation(item, bytes, {"lungs", "1", "evax"}, stem);
  EXPECT_GT(std::filesystem::file_size(stem + "_seg.dcm"), 1024U * 1024 / 8);
}

TEST(SegmentedImage, ClassesMayBeCalledAnything) {
  const test::TestFolder folder;
  SegmentedImage item = segmented();
  item.classes = {{"a/../b", 0.3, mask_of("...............")},
                  {"a_.._b", 0.3, mask_of("...............")}};
  write_masks(item, folder.file("1"));
  EXPECT_TRUE(std::filesystem::exists(folder.file("1_a_.._b_mask.png")));
  EXPECT_TRUE(std::filesystem::exists(folder.file("1_a_.._b_2_mask.png")));
}

}  // namespace
}  // namespace evax::tasks
