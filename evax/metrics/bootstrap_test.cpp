#include "evax/metrics/bootstrap.h"

#include <numeric>

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

TEST(Bootstrap, PercentilesAgreeWithNumpy) {
  for (const Json& item : fixture("percentiles.json")) {
    const auto interval = percentile_interval(numbers<double>(item["values"]));
    ASSERT_TRUE(interval);
    EXPECT_NEAR(interval->low, item["interval"][0], 1e-14);
    EXPECT_NEAR(interval->high, item["interval"][1], 1e-14);
  }
}

TEST(Bootstrap, AnIntervalNeedsHalfOfTheDraws) {
  EXPECT_TRUE(percentile_interval({1, NAN, 2, NAN}));
  EXPECT_FALSE(percentile_interval({1, NAN, NAN}));
  EXPECT_FALSE(percentile_interval({}));
}

TEST(Bootstrap, PatientsAreDrawnWhole) {
  const std::vector<std::string> patients{"a", "b", "", "a", "", "c", "a"};
  const Clusters clusters = cluster_by_patient(patients, 7);
  EXPECT_EQ(clusters.count, 5U);  // three patients and two images of nobody known
  EXPECT_EQ(clusters.patients, 3U);
  std::vector<uint32_t> rows(7);
  for (uint32_t draw = 0; draw < 50; ++draw) {
    draw_rows(clusters, 3, draw, rows);
    EXPECT_EQ(rows[0], rows[3]);
    EXPECT_EQ(rows[0], rows[6]);
    EXPECT_EQ(rows[0] + rows[1] + rows[2] + rows[4] + rows[5], 5U);
  }
  EXPECT_EQ(cluster_by_patient({}, 4).count, 4U);
}

TEST(Bootstrap, DrawsDoNotDependOnThreads) {
  const Clusters clusters = cluster_by_patient({}, 101);
  const Statistic statistic = [](std::span<const uint32_t> rows, std::span<double> figures) {
    for (size_t i = 0; i < rows.size(); ++i) figures[0] += rows[i] * std::sqrt(double(i));
    figures[1] = std::exchange(figures[0], 0.0) / 3;
  };
  const auto one = bootstrap(clusters, 2, {301, 9, 1}, statistic);
  EXPECT_EQ(one, bootstrap(clusters, 2, {301, 9, 3}, statistic));
  EXPECT_NE(one, bootstrap(clusters, 2, {301, 10, 1}, statistic));
  EXPECT_EQ(one[0].size(), 301U);
}

TEST(Bootstrap, OneClusterVariesInNothing) {
  const std::vector<std::string> patients{"a", "a", "a"};
  const auto draws =
      bootstrap(cluster_by_patient(patients, 3), 1, {},
                [](std::span<const uint32_t>, std::span<double> figures) { figures[0] = 1; });
  EXPECT_TRUE(draws[0].empty());
  EXPECT_FALSE(percentile_interval(draws[0]));
}

// Accuracy of 100 independent images, 80 % right. With endless draws 96.3 % of such intervals hold
// the truth: summed over the binomial law with its own quantiles (scipy.stats.binom). Of 300, three
// standard errors of 1.1 % are allowed.
TEST(Bootstrap, IntervalsCoverTheTruth) {
  constexpr size_t images = 100;
  const Clusters clusters = cluster_by_patient({}, images);
  int covered = 0;
  for (uint32_t repetition = 0; repetition < 300; ++repetition) {
    Random random(11, repetition, 0, Draw::sample);
    std::vector<double> right(images);
    for (double& value : right) value = random.chance(0.8);
    const Statistic accuracy = [&](std::span<const uint32_t> rows, std::span<double> figures) {
      figures[0] = std::inner_product(rows.begin(), rows.end(), right.begin(), 0.0) / images;
    };
    const auto interval =
        percentile_interval(bootstrap(clusters, 1, {200, repetition, 1}, accuracy)[0]);
    covered += interval->low <= 0.8 && interval->high >= 0.8;
  }
  EXPECT_GE(covered, 0.93 * 300);
  EXPECT_LT(covered, 0.996 * 300);
}

}  // namespace
}  // namespace evax::metrics
