// The original's figures are tested where its maps are made: evaluation/localization.

#include "evax/core/testing/support.h"
#include "evax/metrics/localization/boxes.h"
#include "evax/metrics/localization/evaluation.h"
#include "evax/metrics/localization/threshold_table.h"

namespace evax::metrics {
namespace {

using test::error_of;

TEST(Localization, BoxesOverlap) {
  const Box box{2, 3, 4, 4};
  EXPECT_EQ(box_iou(box, box), 1);
  EXPECT_EQ(box_iou(box, {4, 3, 4, 4}), 8.0 / 24);
  EXPECT_EQ(box_iou(box, {6, 3, 4, 4}), 0);  // they touch
  EXPECT_EQ(box_iou({}, {}), 0);
  EXPECT_EQ(box_labels({1, 1, 2, 1}, 3, 4),
            (std::vector<uint8_t>{0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0}));
}

// Of four pixels the first two are the box.
ThresholdSearch pixels(const std::vector<float>& map) {
  ThresholdSearch search;
  search.add(map, std::vector<uint8_t>{1, 1, 0, 0}, 1);
  return search;
}

TEST(Localization, FiguresAtEveryThreshold) {
  ThresholdTable table;
  EXPECT_TRUE(table.rows().empty());
  EXPECT_EQ(best_row(table.rows(), Ties::miou), nullptr);
  table.add(pixels({1, 1, 0.5F, 0.2F}));
  table.add(pixels({0.3F, 0, 1, 1}));
  const auto rows = table.rows(paper_thresholds);
  ASSERT_EQ(rows.size(), 60U);
  EXPECT_EQ(rows[0].threshold, 0.01);
  EXPECT_EQ(rows[59].threshold, 0.6);
  // Above .1: 2 of 4 and 1 of 4; exactly .5 and .25 do not count.
  EXPECT_EQ(rows[9].miou, 0.375);
  EXPECT_EQ(rows[9].ap25, 0.5);
  EXPECT_EQ(rows[9].ap50, 0);
  EXPECT_EQ(rows[9].map(), 0.25);
  // Above .3: 2 of 3 and, .3 itself not being above it, 0 of 4.
  EXPECT_EQ(rows[29].miou, (2.0 / 3) / 2);
  EXPECT_EQ(rows[29].ap50, 0.5);
}

TEST(Localization, EqualThresholdsAreTold) {
  ThresholdTable table;
  table.add(pixels({1, 1, 0.5F, 0.2F}));
  const auto rows = table.rows();
  EXPECT_EQ(best_row(rows, Ties::lowest)->threshold, 0.2);  // from there on 2 of 3
  EXPECT_EQ(best_row(rows, Ties::miou)->threshold, 0.5);
}

Localizations three_boxes() {
  return {{"a", "b", "c"},
          {"1.png", "1.png", "2.png"},
          {"p", "p", ""},
          {{0, 0.5, 0.2, true}, {2, 0.75, 0.4, false}, {2, 0.25, 0, true}}};
}

TEST(Localization, FiguresAreMeansOverBoxes) {
  const LocalizationEvaluation evaluation = evaluate(three_boxes(), {.draws = 200});
  EXPECT_EQ(evaluation.boxes, 3);
  EXPECT_EQ(evaluation.images, 2);
  EXPECT_EQ(evaluation.patients, 1);
  EXPECT_EQ(*evaluation.figures.miou.value, 0.5);
  EXPECT_EQ(*evaluation.figures.ap25.value, 2.0 / 3);
  EXPECT_EQ(*evaluation.figures.ap50.value, 1.0 / 3);
  EXPECT_EQ(*evaluation.figures.map.value, 0.5);
  EXPECT_EQ(*evaluation.figures.pointing_game.value, 2.0 / 3);
  EXPECT_NEAR(*evaluation.figures.box_miou.value, 0.2, 1e-15);
  ASSERT_EQ(evaluation.classes.size(), 2U);  // b has no box
  EXPECT_EQ(evaluation.classes[1].name, "c");
  EXPECT_EQ(evaluation.classes[1].boxes, 2);
  EXPECT_EQ(*evaluation.classes[1].figures.miou.value, 0.5);
}

// Two owners: a draw is one of them twice, or both.
TEST(Localization, ImagesAreDrawnWithAllTheirBoxes) {
  const LocalizationEvaluation evaluation = evaluate(three_boxes(), {.draws = 500});
  EXPECT_EQ(evaluation.figures.miou.interval->low, 0.25);
  EXPECT_EQ(evaluation.figures.miou.interval->high, 0.625);
  EXPECT_FALSE(evaluate(three_boxes(), {.draws = 0}).figures.miou.interval);
}

TEST(Localization, RefusesWhatDoesNotFit) {
  Localizations all = three_boxes();
  all.images.pop_back();
  EXPECT_CONTAINS(error_of([&] { evaluate(all, {}); }), "found 2 and 3 for 3");
  all = three_boxes();
  all.boxes[0].class_index = 3;
  EXPECT_CONTAINS(error_of([&] { evaluate(all, {}); }), "a class below 3, found 3");
}

}  // namespace
}  // namespace evax::metrics
