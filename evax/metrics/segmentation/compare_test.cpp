// Against Dice and Jaccard of pixels that are laid side by side, as often as they were drawn.

#include "evax/metrics/segmentation/compare.h"

#include <algorithm>
#include <array>

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;
using Pixels = std::vector<uint8_t>;  // of each image: its class, 0 for background

constexpr size_t images = 8, pixels = 40;
const std::vector<std::string> patients{"p", "q", "p", "r", "", "q", "s", "t"};

// Masks that agree with `truth` on a share of the pixels. Image 3 shows class 2 nowhere.
std::vector<Pixels> masks(const std::vector<Pixels>& truth, double share, uint32_t stream) {
  Random random(7, stream, 0, Draw::sample);
  std::vector<Pixels> all(images, Pixels(pixels));
  for (size_t i = 0; i < images; ++i)
    for (size_t k = 0; k < pixels; ++k) {
      const bool kept = random.uniform() < share;
      const auto other = static_cast<uint8_t>(random.integer(0, i == 3 ? 1 : 2));
      all[i][k] = kept ? truth[i][k] : other;
    }
  return all;
}

struct Sets {
  std::vector<Pixels> truth = masks({images, Pixels(pixels)}, 0, 1);
  std::vector<Pixels> a = masks(truth, 0.4, 2);
  std::vector<Pixels> b = masks(truth, 0.7, 3);
};

PixelCounts counted(const Pixels& truth, const Pixels& marked, uint8_t c) {
  PixelCounts counts;
  for (size_t k = 0; k < truth.size(); ++k) {
    counts.intersection += truth[k] == c && marked[k] == c;
    counts.prediction += marked[k] == c;
    counts.label += truth[k] == c;
  }
  return counts;
}

Segmentations segmentations(const std::vector<Pixels>& truth, const std::vector<Pixels>& marked) {
  Segmentations all;
  all.classes = {"lung", "heart"};
  all.patients = patients;
  for (size_t i = 0; i < images; ++i) {
    all.paths.push_back(fmt::format("{}.png", i));
    ImageFigures& image = all.images.emplace_back();
    for (const uint8_t c : {0, 1, 2}) image.counts.push_back(counted(truth[i], marked[i], c));
    image.hd95.resize(2);
  }
  return all;
}

// Dice, Jaccard, Dice per image of a class on images that are drawn so often.
std::array<double, 3> figures(const std::vector<Pixels>& truth, const std::vector<Pixels>& marked,
                              uint8_t c, std::span<const uint32_t> times) {
  Pixels all_truth, all_marked;
  double dices = 0, defined = 0;
  for (size_t i = 0; i < images; ++i)
    for (uint32_t again = 0; again < times[i]; ++again) {
      all_truth.insert(all_truth.end(), truth[i].begin(), truth[i].end());
      all_marked.insert(all_marked.end(), marked[i].begin(), marked[i].end());
      const auto one = counted(truth[i], marked[i], c);
      if (one.prediction + one.label == 0) continue;
      dices += 2. * double(one.intersection) / double(one.prediction + one.label);
      ++defined;
    }
  const auto sum = counted(all_truth, all_marked, c);
  const auto both = double(sum.prediction + sum.label);
  return {2 * double(sum.intersection) / both,
          double(sum.intersection) / (both - double(sum.intersection)), dices / defined};
}

void expect_difference(const Difference& found, double a, double b, std::vector<double> draws) {
  EXPECT_NEAR(*found.a, a, 1e-14);
  EXPECT_NEAR(*found.b, b, 1e-14);
  EXPECT_NEAR(*found.difference, b - a, 1e-14);
  EXPECT_NEAR(*found.p, *bootstrap_p(draws), 1e-14);
  const Interval expected = *percentile_interval(std::move(draws));
  EXPECT_NEAR(found.interval->low, expected.low, 1e-13);
  EXPECT_NEAR(found.interval->high, expected.high, 1e-13);
  EXPECT_LT(found.interval->low, found.interval->high);
}

TEST(CompareMasks, FiguresAndDrawsAreThoseOfThePixels) {
  const Sets sets;
  const BootstrapOptions options{300, 5, 2};
  const MaskComparison found =
      compare(segmentations(sets.truth, sets.a), segmentations(sets.truth, sets.b), options);
  EXPECT_EQ(found.images, 8);
  EXPECT_EQ(found.patients, 5);
  EXPECT_TRUE(found.by_patient);
  ASSERT_EQ(found.classes.size(), 2U);
  EXPECT_EQ(found.classes[1].name, "heart");

  const Clusters clusters = cluster_by_patient(patients, images);
  const std::vector<uint32_t> once(images, 1);
  std::vector<std::vector<double>> means(3, std::vector<double>(options.draws));
  for (const uint8_t c : {1, 2}) {
    std::vector<std::vector<double>> draws(3);
    for (uint32_t draw = 0; draw < options.draws; ++draw) {
      std::vector<uint32_t> times(images);
      draw_rows(clusters, options.seed, draw, times);
      const auto a = figures(sets.truth, sets.a, c, times);
      const auto b = figures(sets.truth, sets.b, c, times);
      for (size_t k = 0; k < 3; ++k) {
        draws[k].push_back(b[k] - a[k]);
        means[k][draw] += (b[k] - a[k]) / 2;
      }
    }
    const auto a = figures(sets.truth, sets.a, c, once);
    const auto b = figures(sets.truth, sets.b, c, once);
    const MaskDifferences& own = found.classes[c - 1U];
    expect_difference(own.dice, a[0], b[0], draws[0]);
    expect_difference(own.jaccard, a[1], b[1], draws[1]);
    expect_difference(own.dice_per_image, a[2], b[2], draws[2]);
  }
  EXPECT_NEAR(*found.mean.dice.a, (*found.classes[0].dice.a + *found.classes[1].dice.a) / 2, 1e-14);
  EXPECT_NEAR(found.mean.jaccard.interval->low, percentile_interval(means[1])->low, 1e-13);
  EXPECT_LT(*found.mean.dice.p, 0.05);  // b is the better one
}

TEST(CompareMasks, ImagesAreMatchedByPathAndAModelDoesNotDifferFromItself) {
  const Sets sets;
  const Segmentations a = segmentations(sets.truth, sets.a);
  Segmentations backwards = a;
  std::reverse(backwards.paths.begin(), backwards.paths.end());
  std::reverse(backwards.images.begin(), backwards.images.end());
  backwards.patients.clear();
  const MaskComparison found = compare(a, backwards, {100, 0, 1});
  for (const Difference& same : {found.mean.dice, found.classes[1].dice_per_image}) {
    EXPECT_EQ(same.difference, 0);
    EXPECT_EQ(same.interval->low, 0);
    EXPECT_EQ(same.p, 1);
  }
}

TEST(CompareMasks, OtherTestSetsAreRefused) {
  const Sets sets;
  const Segmentations a = segmentations(sets.truth, sets.a);
  const auto error = [&](auto change) {
    Segmentations b = a;
    change(b);
    return error_of([&] { compare(a, b, {10, 0, 1}); });
  };
  EXPECT_EQ(error([](Segmentations&) {}), "no error");
  EXPECT_CONTAINS(error([](Segmentations& b) { b.classes[1] = "mass"; }),
                  "not the same test set: classes only in the first list: 1");
  EXPECT_CONTAINS(error([](Segmentations& b) { b.paths[2] = "9.png"; }),
                  "not the same test set: images only in the first list: 1");
  EXPECT_CONTAINS(error([](Segmentations& b) { b.images[2].counts[1].label = 1000; }),
                  "not the same test set: lung of \"2.png\" has ");
  EXPECT_CONTAINS(error([](Segmentations& b) { b.paths.pop_back(); }), "8 images");
}

}  // namespace
}  // namespace evax::metrics
