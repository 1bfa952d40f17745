// Against SciPy and scikit-learn (tools/oracles/segmentation.py) on the maps that mmsegmentation's
// own metrics were run on.

#include <fstream>

#include "evax/core/npy.h"
#include "evax/metrics/segmentation/evaluation.h"
#include "evax/metrics/segmentation/hausdorff.h"
#include "evax/metrics/segmentation/threshold_search.h"
#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

const std::string folder = std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/seg/metrics/";

const Json& figures() {
  static const Json json = Json::parse(std::ifstream(folder + "figures.json"));
  return json;
}

/// Probabilities [C, H, W] and labels [H, W].
struct Maps {
  Tensor probabilities, labels;

  Maps(const std::string& set, size_t index)
      : probabilities(read_npy(fmt::format("{}{}_prob{}.npy", folder, set, index))),
        labels(read_npy(fmt::format("{}{}_label{}.npy", folder, set, index))) {}

  std::span<const uint8_t> label() const {
    return {reinterpret_cast<const uint8_t*>(labels.bytes().data()), labels.bytes().size()};
  }
  ImageFigures judge(const std::vector<double>& thresholds, const PixelSize& size = {}) const {
    return judge_image(probabilities.floats(), label(), static_cast<size_t>(labels.size(0)),
                       static_cast<size_t>(labels.size(1)), thresholds, size);
  }
};

void expect_counts(const PixelCounts& counts, const Json& expected, const std::string& what) {
  EXPECT_EQ(Json({counts.intersection, counts.prediction, counts.label}), expected) << what;
}

Segmentations segmentations(const std::string& set) {
  const Json& images = figures()[set]["images"];
  Segmentations all;
  all.thresholds = images[0]["thresholds"].get<std::vector<double>>();
  for (size_t c = 0; c < all.thresholds.size(); ++c) all.classes.push_back(fmt::format("c{}", c));
  for (size_t i = 0; i < images.size(); ++i) {
    all.paths.push_back(fmt::format("{}.png", i));
    all.images.push_back(Maps(set, i).judge(all.thresholds));
  }
  return all;
}

TEST(Segmentation, ImagesAgreeWithTheOracle) {
  for (const std::string set : {"one", "several"})
    for (size_t i = 0; i < figures()[set]["images"].size(); ++i) {
      const Json& expected = figures()[set]["images"][i];
      const auto thresholds = expected["thresholds"].get<std::vector<double>>();
      const std::string what = fmt::format("{} {}", set, i);
      const Maps maps(set, i);
      const ImageFigures found = maps.judge(thresholds);
      const ImageFigures millimetres =
          maps.judge(thresholds, {figures()["spacing"][0], figures()["spacing"][1]});
      for (size_t c = 0; c <= thresholds.size(); ++c) {
        expect_counts(found.counts[c], expected["counts"][c], what);
        expect_equal(dice(found.counts[c]), expected["dice"][c], what);
        expect_equal(jaccard(found.counts[c]), expected["jaccard"][c], what);
        if (c == 0) continue;
        expect_equal(found.hd95[c - 1], expected["hd95"][c - 1], what);
        expect_equal(millimetres.hd95[c - 1], expected["hd95_mm"][c - 1], what);
      }
    }
}

TEST(Segmentation, SetsAgreeWithTheOracle) {
  for (const std::string set : {"one", "several"}) {
    const Json& expected = figures()[set]["total"];
    const SegmentationEvaluation found = evaluate(segmentations(set), {.draws = 0});
    expect_equal(found.mdice.value, expected["mdice"], set);
    expect_equal(found.miou.value, expected["miou"], set);
    for (size_t c = 0; c < found.classes.size(); ++c) {
      const SegmentationFigures& one = found.classes[c].figures;
      expect_counts(found.classes[c].counts, expected["counts"][c + 1], set);
      expect_equal(one.dice.value, expected["dice"][c + 1], set);
      expect_equal(one.jaccard.value, expected["jaccard"][c + 1], set);
      expect_equal(one.dice_per_image.value, expected["dice_per_image"][c], set);
      expect_equal(one.jaccard_per_image.value, expected["jaccard_per_image"][c], set);
      expect_equal(one.hd95.value, expected["hd95"][c], set);
      EXPECT_FALSE(one.dice.interval);
    }
  }
}

// What mmsegmentation 0.29.1 itself answered; it rounds to 2 decimals of a percent.
TEST(Segmentation, SetsAgreeWithMmsegmentation) {
  const std::string path = std::string(EVAX_SHARED_DIR) + "/fixtures/seg/prep.json";
  if (!std::ifstream(path)) GTEST_SKIP() << path << " is not here";
  const Json expected = Json::parse(std::ifstream(path))["metrics"];
  const Segmentations all = segmentations("one");
  for (size_t i = 0; i < all.images.size(); ++i)
    for (size_t c = 0; c < 2; ++c) {
      const PixelCounts& counts = all.images[i].counts[c];
      const std::vector<double> found{double(counts.intersection), double(counts.union_size()),
                                      double(counts.prediction), double(counts.label)};
      for (size_t k = 0; k < 4; ++k) EXPECT_EQ(found[k], expected["per_image"][i][k][c]);
    }
  const SegmentationEvaluation found = evaluate(all, {.draws = 0});
  EXPECT_NEAR(*found.mdice.value, expected["evaluate"]["mDice"], 5e-5);
  EXPECT_NEAR(*found.miou.value, expected["evaluate"]["mIoU"], 5e-5);
  EXPECT_NEAR(*found.figures.dice.value, expected["unrounded"]["Dice"][1], 1e-7);
  EXPECT_NEAR(*found.figures.jaccard.value, expected["unrounded"]["IoU"][1], 1e-7);
}

TEST(Segmentation, AThresholdIsComparedInFloat32) {
  const std::vector<float> probabilities{0.3F, std::nextafter(0.3F, 1.F), NAN};
  EXPECT_EQ(mark(probabilities, 0.3), (std::vector<uint8_t>{0, 1, 0}));
}

TEST(Segmentation, EmptyMasksAreCountedAndLeftOut) {
  Segmentations all;
  all.classes = {"lung"};
  all.thresholds = {0.5};
  all.paths = {"a", "b", "c"};
  const std::vector<uint8_t> none(4, 0), some{0, 1, 1, 0};
  all.images = {judge_image(std::vector<float>{0, 0, 0, 0}, none, 2, 2, all.thresholds),
                judge_image(std::vector<float>{1, 0, 0, 0}, none, 2, 2, all.thresholds),
                judge_image(std::vector<float>{0, 1, 0, 0}, some, 2, 2, all.thresholds)};
  const SegmentationEvaluation found = evaluate(all, {.draws = 0});
  const SegmentationClass& lung = found.classes[0];
  EXPECT_EQ(lung.with_target, 1);
  EXPECT_EQ(lung.empty, 1);
  EXPECT_EQ(lung.with_distance, 1);
  EXPECT_DOUBLE_EQ(*lung.figures.dice_per_image.value, (0 + 2. / 3) / 2);
  EXPECT_DOUBLE_EQ(*lung.figures.dice.value, 2. / 4);
  // Label pixels at distances 0 and sqrt 2: their 95th percentile.
  EXPECT_DOUBLE_EQ(*lung.figures.hd95.value, 0.95 * std::sqrt(2.));
}

TEST(Segmentation, IntervalsAreOfABootstrapOverPatients) {
  Segmentations all = segmentations("one");
  all.patients = {"p", "q", "p", "", "q"};
  const BootstrapOptions options{200, 3, 2};
  const SegmentationEvaluation found = evaluate(all, options);
  EXPECT_EQ(found.patients, 2);
  EXPECT_TRUE(found.by_patient);
  const auto draws = bootstrap(cluster_by_patient(all.patients, 5), 2, options,
                               [&](std::span<const uint32_t> times, std::span<double> values) {
                                 PixelCounts sum;
                                 double dices = 0, images = 0;
                                 for (size_t i = 0; i < 5; ++i) {
                                   const PixelCounts& one = all.images[i].counts[1];
                                   sum.intersection += one.intersection * times[i];
                                   sum.prediction += one.prediction * times[i];
                                   sum.label += one.label * times[i];
                                   if (dice(one))
                                     dices += *dice(one) * times[i], images += times[i];
                                 }
                                 values[0] = dice(sum).value_or(NAN);
                                 values[1] = images > 0 ? dices / images : NAN;
                               });
  const SegmentationFigures& figures = found.classes[0].figures;
  const auto expect_interval = [](const std::optional<Interval>& a, const Interval& b) {
    ASSERT_TRUE(a);
    EXPECT_NEAR(a->low, b.low, 1e-14);
    EXPECT_NEAR(a->high, b.high, 1e-14);
    EXPECT_LT(a->low, a->high);
  };
  expect_interval(figures.dice.interval, *percentile_interval(draws[0]));
  expect_interval(figures.dice_per_image.interval, *percentile_interval(draws[1]));
}

TEST(Segmentation, ThresholdsAreSearchedAsIfEachWereTried) {
  ThresholdSearch search;
  for (size_t i = 0; i < 5; ++i) {
    const Maps maps("one", i);
    search.add(maps.probabilities.floats(), maps.label(), 1);
  }
  double best = 0;
  for (size_t k = 0; k < ThresholdSearch::size; ++k) {
    const Json& expected = figures()["search"][k];
    expect_counts(search.counts(k), expected, fmt::format("threshold {}", k));
    best = std::max(best, *dice({expected[0], expected[1], expected[2]}));
  }
  const auto found = static_cast<size_t>(std::lround(*search.best() * 100)) - 1;
  EXPECT_EQ(*dice(search.counts(found)), best);
}

TEST(Segmentation, OfEqualThresholdsTheMiddleOneIsTaken) {
  ThresholdSearch search;
  EXPECT_FALSE(search.best());
  search.add(std::vector<float>{0.9F, 0.05F, NAN, 0.01F}, std::vector<uint8_t>{1, 0, 0, 255}, 1);
  EXPECT_EQ(search.best(), 0.5);
}

TEST(Segmentation, DistancesAgreeWithScipy) {
  for (const Json& item : figures()["distances"]) {
    const auto mask = item["mask"].get<std::vector<uint8_t>>();
    const auto found = distance_transform(mask, item["shape"][0], item["shape"][1],
                                          {item["spacing"][0], item["spacing"][1]});
    ASSERT_EQ(found.size(), item["distances"].size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], item["distances"][i], 1e-12);
  }
  for (const double value : distance_transform(std::vector<uint8_t>(6), 2, 3))
    EXPECT_TRUE(std::isinf(value));
}

TEST(Segmentation, WhatDoesNotFitIsSaid) {
  const std::vector<float> probabilities(8);
  const std::vector<double> thresholds{0.5, 0.5};
  const auto error_with = [&](std::vector<uint8_t> labels) {
    return error_of([&] { judge_image(probabilities, labels, 2, 2, thresholds); });
  };
  EXPECT_CONTAINS(error_with({0, 1, 2}), "expected 4 labels and 8 probabilities");
  EXPECT_CONTAINS(error_with({0, 1, 2, 3}),
                  "expected labels from 0 to 2, or 255 (ignored), found 3");
  EXPECT_EQ(error_with({0, 1, 2, 255}), "no error");
  Segmentations all = segmentations("one");
  all.patients = {"p"};
  EXPECT_CONTAINS(error_of([&] { evaluate(all, {}); }), "5 images");
}

}  // namespace
}  // namespace evax::metrics
