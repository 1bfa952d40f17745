// Against the original's get_cams.py on 40 boxes of ChestX-ray14 with made-up grids
// (tests/fixtures/cam).

#include "evax/core/npy.h"
#include "evax/core/testing/support.h"
#include "evax/evaluation/localization/judge.h"
#include "evax/image/heat/heat_map.h"
#include "evax/metrics/localization/boxes.h"

namespace evax::evaluation {
namespace {

using test::error_of;
using Json = nlohmann::ordered_json;

const std::string folder = std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/cam/localization/";

const Json& figures() {
  static const Json json = Json::parse(std::ifstream(folder + "figures.json"));
  return json;
}

template <typename T>
std::span<const T> values_of(const Tensor& tensor) {
  return {reinterpret_cast<const T*>(tensor.bytes().data()), tensor.bytes().size() / sizeof(T)};
}

/// The 40 boxes as a list, and with their grids on the network's input.
struct Original {
  weights::Metadata model;
  data::BoxList list;
  data::Dataset images;
  Subject subject;
  LocatedList located;

  Original() {
    const Tensor raw = read_npy(folder + "raw.npy"), boxes = read_npy(folder + "box_csv.npy");
    const auto numbers = values_of<double>(boxes);
    list.source = "boxes.csv";
    list.box_size = 1024;
    list.classes = figures()["classes"].get<std::vector<std::string>>();
    std::sort(list.classes.begin(), list.classes.end());
    list.classes.erase(std::unique(list.classes.begin(), list.classes.end()), list.classes.end());
    for (size_t i = 0; i < 40; ++i) {
      data::BoxedFinding& finding = list.findings.emplace_back();
      finding.path = fmt::format("{}.png", i);
      finding.label = static_cast<int>(std::find(list.classes.begin(), list.classes.end(),
                                                 figures()["classes"][i].get<std::string>()) -
                                       list.classes.begin());
      finding.box = {numbers[4 * i], numbers[4 * i + 1], numbers[4 * i + 2], numbers[4 * i + 3]};
      const auto grid = raw.floats().subspan(i * 196, 196);
      located.boxes.push_back(
          {i, place_on_input(finding.box, 1024, 1024, 1024, 224), 14, {grid.begin(), grid.end()}});
    }
    images = data::images_of(list);
    subject.images = &images;
    model.model = *weights::published_config("eva_x_tiny");
    subject.model = &model;
    subject.kind = "boxes";
  }
};

TEST(Localization, BoxesAreTheOriginals) {
  const Original original;
  const Tensor boxes = read_npy(folder + "box_224.npy");
  const auto numbers = values_of<int32_t>(boxes);
  for (size_t i = 0; i < 40; ++i) {
    const int32_t* box = numbers.data() + 4 * i;
    EXPECT_EQ(original.located.boxes[i].place.box, (Box{box[0], box[1], box[2], box[3]})) << i;
  }
}

TEST(Localization, PixelsAreTheOriginals) {
  const Original original;
  const Tensor intersections = read_npy(folder + "intersection.npy");
  const Tensor unions = read_npy(folder + "union.npy");
  for (size_t i = 0; i < 40; ++i) {
    const LocatedBox& box = original.located.boxes[i];
    metrics::ThresholdSearch search;
    search.add(image::heat_map(box.raw, 14, 224, 224), metrics::box_labels(box.place.box, 224, 224),
               1);
    for (size_t t = 0; t < metrics::paper_thresholds; ++t) {
      const metrics::PixelCounts counts = search.counts(t);
      const size_t at = i * metrics::paper_thresholds + t;
      EXPECT_NEAR(counts.intersection, values_of<int32_t>(intersections)[at], 2) << i << " " << t;
      EXPECT_NEAR(counts.union_size(), values_of<int32_t>(unions)[at], 2) << i << " " << t;
    }
  }
}

TEST(Localization, FiguresAreTheOriginalsAtEveryThreshold) {
  const Original original;
  const auto rows = threshold_table(original.located.boxes, 2).rows(metrics::paper_thresholds);
  for (size_t t = 0; t < rows.size(); ++t) {
    EXPECT_NEAR(rows[t].miou, figures()["mIoU"][t], 1e-5) << t;
    // One box has an IoU within .0005 of a limit there, which a pixel decides.
    const bool close25 = t == 23 || t == 30 || t == 40 || t == 54, close50 = t == 58;
    EXPECT_NEAR(rows[t].ap25, figures()["AP25"][t], close25 ? 1.0 / 40 + 1e-6 : 1e-6) << t;
    EXPECT_NEAR(rows[t].ap50, figures()["AP50"][t], close50 ? 1.0 / 40 + 1e-6 : 1e-6) << t;
  }
}

TEST(Localization, ThePapersProtocolChoosesTheOriginalsThreshold) {
  const Original original;
  const LocalizationJudgement judgement =
      judge(original.subject, original.list, original.located, {},
            {.paper = true, .threshold = {}, .bootstrap = {.draws = 100}});
  const Json& best = figures()["best"];
  EXPECT_EQ(judgement.rules.thresholds[0], best["threshold"]);
  EXPECT_EQ(judgement.search.size(), 60U);
  const metrics::LocalizationFigures& all = judgement.evaluation.figures;
  EXPECT_NEAR(*all.miou.value, best["mIoU"], 1e-5);
  EXPECT_NEAR(*all.ap25.value, best["AP25"], 1e-6);
  EXPECT_NEAR(*all.ap50.value, best["AP50"], 1e-6);
  EXPECT_NEAR(*all.map.value, best["mAP"], 1e-6);
  EXPECT_LT(all.map.interval->low, *all.map.value);
  EXPECT_EQ(judgement.evaluation.boxes, 40);
  EXPECT_EQ(judgement.evaluation.classes.size(), original.list.classes.size());
}

TEST(Localization, AGivenThresholdIsTheOriginalsDefault) {
  const Original original;
  const LocalizationJudgement judgement =
      judge(original.subject, original.list, original.located, {}, {});
  EXPECT_EQ(judgement.rules.thresholds[0], 0.4);
  EXPECT_NEAR(*judgement.evaluation.figures.miou.value, 0.2738, 5e-5);  // what it printed
  EXPECT_EQ(*judgement.evaluation.figures.ap25.value, 0.5);
  EXPECT_EQ(*judgement.evaluation.figures.ap50.value, 0.15);
  const LocalizationJudgement given = judge(original.subject, original.list, original.located, {},
                                            {.threshold = 0.4, .bootstrap = {}});
  EXPECT_EQ(given.evaluation.figures.miou.value, judgement.evaluation.figures.miou.value);
  EXPECT_EQ(given.rules.threshold_rule, "given");
}

TEST(Localization, AnotherListSettlesTheThreshold) {
  const Original original;
  LocatedList test, val;
  for (const LocatedBox& box : original.located.boxes)
    (box.finding % 2 == 0 ? test : val).boxes.push_back(box);
  const LocalizationJudgement judgement = judge(original.subject, original.list, test, val, {});
  const auto rows = threshold_table(val.boxes, 1).rows();
  EXPECT_EQ(judgement.rules.thresholds[0], best_row(rows, metrics::Ties::miou)->threshold);
  EXPECT_EQ(judgement.rules.thresholds_chosen_on, "validation (20 boxes)");
  EXPECT_EQ(judgement.evaluation.boxes, 20);
}

TEST(Localization, TheBoxAndThePeakOfASpotAreFound) {
  Original original;
  LocatedBox& box = original.located.boxes[0];
  box.raw.assign(196, 0);
  box.raw[3 * 14 + 5] = 1;  // 16 pixels a cell: around (88, 56)
  box.place.box = {80, 48, 16, 16};
  box.raw[12 * 14 + 1] = 0.5F;
  const LocalizationJudgement judgement = judge(original.subject, original.list, original.located,
                                                {}, {.threshold = 0.25, .bootstrap = {}});
  EXPECT_TRUE(judgement.localizations.boxes[0].hit);
  const Box predicted = *judgement.predicted[0];
  EXPECT_EQ(2 * predicted.x + predicted.width, 2 * 88);
  EXPECT_EQ(2 * predicted.y + predicted.height, 2 * 56);
  EXPECT_EQ(judgement.localizations.boxes[0].box_iou, metrics::box_iou(predicted, box.place.box));
  EXPECT_GT(judgement.localizations.boxes[0].box_iou, 0.3);
}

TEST(Localization, NothingIsPredictedWhereNothingStandsOut) {
  Original original;
  original.located.boxes[0].raw.assign(196, -1);
  const LocalizationJudgement judgement =
      judge(original.subject, original.list, original.located, {}, {});
  EXPECT_FALSE(judgement.predicted[0]);
  EXPECT_FALSE(judgement.localizations.boxes[0].hit);
  EXPECT_EQ(judgement.localizations.boxes[0].iou, 0);
}

TEST(Place, OnAnXrayCropAndResizeAreUndone) {
  const weights::Preprocess preprocess;  // 256, then the middle 224
  const Place place = place_on_xray({100, 200, 50, 60}, 1024, 1024, 1024, preprocess);
  EXPECT_EQ(place.seen, (Box{64, 64, 896, 896}));
  EXPECT_EQ(place.box, (Box{100, 200, 50, 60}));
  const Place half = place_on_xray({100, 200, 50, 60}, 1024, 512, 512, preprocess);
  EXPECT_EQ(half.box, (Box{50, 100, 25, 30}));
  EXPECT_EQ(half.unit_x, 2);
  // Pixels whose centres are inside, [10.6, 13.4) and [-4, 2): cut off at the border.
  EXPECT_EQ(place_on_xray({10.6, -4, 2.8, 6}, 0, 300, 400, preprocess).box, (Box{11, 0, 2, 2}));
}

TEST(Place, BoxesWithoutAPixelAreRefused) {
  const weights::Preprocess preprocess;
  const auto reason = [&](const data::Rectangle& box) {
    return error_of([&] { place_on_xray(box, 1024, 512, 512, preprocess); });
  };
  EXPECT_CONTAINS(reason({1, 1, 0, 5}), "expected a box with a size, found 0 x 5");
  EXPECT_CONTAINS(reason({1, 1, 5, -2}), "with a size");
  EXPECT_CONTAINS(reason({1024, 1, 5, 5}), "within 1024 x 1024 pixels, found [1024, 1, 5, 5]");
  EXPECT_CONTAINS(reason({-9, 1, 9, 5}), "within 1024 x 1024");
  EXPECT_CONTAINS(reason({1e300, 1, 5, 5}), "within");
  EXPECT_CONTAINS(reason({0.2, 1, 0.3, 5}), "of at least a pixel");
  EXPECT_CONTAINS(error_of([] {
                    place_on_input({5, 5, 3, 40}, 1024, 1024, 1024, 224);
                  }),
                  "of at least a pixel");
  EXPECT_EQ(place_on_xray({-1e300, -1e300, 2e300, 2e300}, 0, 512, 512, preprocess).box,
            (Box{0, 0, 512, 512}));
}

TEST(Localization, FilesHoldEveryBox) {
  Original original;
  const test::TestFolder out;
  original.located.skipped.emplace_back(3, "expected a box with a size, found 0 x 5");
  const LocalizationJudgement judgement = judge(original.subject, original.list, original.located,
                                                {}, {.threshold = {}, .bootstrap = {.draws = 20}});
  write_folder(out.path(), judgement);
  const Json json = Json::parse(std::ifstream(out.file("metrics.json")));
  EXPECT_EQ(json["protocol"], "validation");
  EXPECT_EQ(json["threshold"], 0.4);
  EXPECT_EQ(json["n"], 40);
  EXPECT_TRUE(json["patients"].is_null());
  EXPECT_EQ(json["bootstrap"]["unit"], "image");
  EXPECT_EQ(json["data"]["skipped"].size(), 1U);
  EXPECT_EQ(json["miou_ci"].size(), 2U);
  EXPECT_EQ(json["classes"]["Pneumothorax"]["n"], 7);
  std::ifstream csv(out.file("localization.csv"));
  std::string line;
  size_t lines = 0;
  for (; std::getline(csv, line); ++lines) EXPECT_EQ(std::count(line.begin(), line.end(), ','), 12);
  EXPECT_EQ(lines, 41U);
}

TEST(Localization, AListWithoutABoxIsAnError) {
  const Original original;
  EXPECT_CONTAINS(error_of([&] { judge(original.subject, original.list, {}, {}, {}); }),
                  "boxes.csv: expected a box to score");
}

}  // namespace
}  // namespace evax::evaluation
