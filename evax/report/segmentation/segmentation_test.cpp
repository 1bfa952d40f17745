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
            "path,dice_lung,jaccard_lung,hd95_lung,area_fraction_lung,label_fraction_lung,"
            "intersection_lung,marked_lung,labelled_lung,patient\n"
            "\"a,b.png\",0.6666666666666666,0.5,12.5,0.3,0.3,20,30,30,p1\n"
            "2.png,,,,0,0,0,0,0,\n");
}

TEST(SegmentationReport, PredictionsAreReadBack) {
  const TestFolder folder;
  metrics::Segmentations all = two_images();
  all.classes.emplace_back("a, \"b\"");
  for (metrics::ImageFigures& image : all.images) {
    image.counts.push_back({1, 2, 3});
    image.hd95.emplace_back(0.1);
  }
  const std::string path = folder.write("p.csv", predictions_csv(all));
  EXPECT_TRUE(holds_masks(path));
  EXPECT_FALSE(holds_masks(folder.write("findings.csv", "path,label_lung,prob_lung\n")));
  const metrics::Segmentations read = read_segmentations(path);
  EXPECT_EQ(read.classes, all.classes);
  EXPECT_EQ(read.paths, all.paths);
  EXPECT_EQ(read.patients, all.patients);
  ASSERT_EQ(read.images.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.images[i].hd95, all.images[i].hd95);
    for (const size_t c : {1U, 2U}) EXPECT_EQ(read.images[i].counts[c], all.images[i].counts[c]);
  }
  all.patients.clear();
  EXPECT_TRUE(read_segmentations(folder.write("p.csv", predictions_csv(all))).patients.empty());
}

TEST(SegmentationReport, DamagedPredictionsGetASentence) {
  const TestFolder folder;
  const std::string header =
      "path,dice_a,jaccard_a,hd95_a,area_fraction_a,label_fraction_a,intersection_a,marked_a,"
      "labelled_a";
  const auto error_of_file = [&](const std::string& text) {
    const std::string path = folder.write("p.csv", text);
    return error_of([&] { read_segmentations(path); });
  };
  EXPECT_EQ(error_of_file(header + "\n1,,,,,,0,0,0\n"), "no error");
  EXPECT_CONTAINS(error_of_file(""), "p.csv: expected a line of column names");
  EXPECT_CONTAINS(error_of_file("path,label_a,prob_a\n"), "expected columns dice_NAME");
  EXPECT_CONTAINS(error_of_file("path,dice_a,jaccard_a\n"),
                  "expected a column 'hd95_a' in place 4, found the end of the line");
  EXPECT_CONTAINS(error_of_file("path,dice_a,jaccard_b\n"),
                  "expected a column 'jaccard_a' in place 3, found 'jaccard_b'");
  EXPECT_CONTAINS(error_of_file(header + ",sex\n"), "expected only 'patient'");
  EXPECT_CONTAINS(error_of_file(header + "\n1,,,,,,1.5,2,2\n"),
                  "p.csv line 2: expected a number in column 'intersection_a', found '1.5'");
  EXPECT_CONTAINS(error_of_file(header + "\n1,,,,,,3,2,9\n"),
                  "expected at most the 2 marked and 9 labelled pixels, found 3");
  EXPECT_CONTAINS(error_of_file(header + "\n1,,,,,,0,0,99999999999\n"), "expected at most");
  EXPECT_CONTAINS(error_of_file(header + "\n1,,,nan,,,0,0,0\n"),
                  "expected a distance or nothing, found 'nan'");
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
