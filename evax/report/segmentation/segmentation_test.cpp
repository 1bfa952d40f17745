#include <nlohmann/json.hpp>

#include "evax/report/segmentation/metrics_json.h"
#include "evax/report/segmentation/page.h"
#include "evax/report/segmentation/predictions_file.h"
#include "evax/report/test_support.h"

namespace evax::report {
namespace {

using Json = nlohmann::ordered_json;

// Two images of 100 pixels; the second does not show the class, and nothing is marked on it.
metrics::Segmentations two_images() {
  metrics::Segmentations all;
  all.classes = {"lung"};
  all.thresholds = {0.3};
  all.paths = {"a,b.png", "2.png"};
  all.patients = {"p1", ""};
  all.images = {{{{60, 70, 70}, {20, 30, 30}}, {12.5}}, {{{100, 100, 100}, {0, 0, 0}}, {{}}}};
  return all;
}

TEST(SegmentationReport, PredictionsAreALineForEachImage) {
  EXPECT_EQ(predictions_csv(two_images()),
            "path,dice_lung,jaccard_lung,hd95_lung,area_fraction_lung,label_fraction_lung,patient\n"
            "\"a,b.png\",0.6666666666666666,0.5,12.5,0.3,0.3,p1\n"
            "2.png,,,,0,0,\n");
}

TEST(SegmentationReport, JsonHasTheKeysOfTheContract) {
  const Json json =
      metrics_json(evaluate(two_images(), {.draws = 0}), {{"protocol", "validation"}});
  EXPECT_EQ(json.begin().key(), "protocol");
  EXPECT_EQ(json["n"], 2);
  EXPECT_EQ(json["patients"], 1);
  EXPECT_EQ(json["distance_unit"], "px");
  EXPECT_EQ(json["dice"], 40. / 60);
  EXPECT_TRUE(json.at("dice_ci").is_null());
  EXPECT_EQ(json["jaccard"], 0.5);
  EXPECT_EQ(json["mean_dice_per_image"], 40. / 60);
  EXPECT_EQ(json["hd95"], 12.5);
  EXPECT_EQ(json["mdice"], (320. / 340 + 40. / 60) / 2);
  EXPECT_EQ(json["miou"], (160. / 180 + 0.5) / 2);
  const Json& lung = json["classes"]["lung"];
  EXPECT_EQ(lung["dice"], 40. / 60);
  EXPECT_EQ(lung["threshold"], 0.3);
  EXPECT_EQ(lung["n_with_target"], 1);
  EXPECT_EQ(lung["n_empty"], 1);
  EXPECT_EQ(lung["n_with_distance"], 1);
  EXPECT_EQ(lung["pixels"], Json::parse(R"({"intersection": 20, "prediction": 30, "label": 30})"));
  EXPECT_EQ(json["notes"], Json::array());
}

TEST(SegmentationReport, ThePageShowsFiguresExamplesAndProtocol) {
  const std::string page = segmentation_page(masks_page());
  expect_order(
      text_of(page),
      {"lungs.safetensors", "40 images of 31 patients", "1 class beside background", "Dice",
       "0.943", "95 % interval 0.931–0.955", "in px", "Each class", "HD95, px", "38of 40",
       "14.29.8–19.1", "0.30", "Dice of each image", "38 images; dashed: median", "Examples",
       "lung: best", "lung: worst", "Protocol", disclaimer});
  EXPECT_CONTAINS(page, "default-src 'none'");
  for (const char* part : {"<script", "http:", "https:", "url(", "@import", "<link"})
    EXPECT_LACKS(page.substr(0, page.find("base64")), part);
}

TEST(SegmentationReport, HostileNamesAreHarmless) {
  const std::string hostile = "\"><script>x</script><img src=x onerror='y'>\x01\xFF";
  SegmentationPage page = masks_page();
  page.evaluation.classes[0].name = hostile;
  page.evaluation.notes = {hostile};
  page.evaluation.distance_unit = hostile;
  for (MaskExample& example : page.examples)
    example.class_name = example.rank = example.caption = hostile;
  const std::string html = segmentation_page(page);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<img src=x"), std::string::npos);
  EXPECT_EQ(html.find('\xFF'), std::string::npos);
}

TEST(SegmentationReport, AnEmptyEvaluationIsAPageToo) {
  EXPECT_CONTAINS(segmentation_page({}), disclaimer);
}

}  // namespace
}  // namespace evax::report
