#include "evax/metrics/findings/calibration.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

void expect_equal_calibration(const Calibration& calibration, const Json& expected,
                              const std::string& what) {
  expect_equal(calibration.ece, expected["ece"], what);
  expect_equal(calibration.brier, expected["brier"], what);
  ASSERT_EQ(calibration.bins.size(), expected["bins"].size()) << what;
  for (size_t i = 0; i < calibration.bins.size(); ++i) {
    EXPECT_NEAR(calibration.bins[i].mean_probability, expected["bins"][i][0], 1e-12) << what;
    EXPECT_NEAR(calibration.bins[i].observed, expected["bins"][i][1], 1e-12) << what;
    EXPECT_EQ(calibration.bins[i].count, expected["bins"][i][2]) << what;
  }
}

TEST(Calibration, AgreesWithScikitLearn) {
  for (const Json& table : fixture("tables.json")) {
    const Predictions all = predictions_of(table);
    const size_t classes = all.classes.size();
    const std::string name = table["name"];
    expect_equal_calibration(all.exclusive
                                 ? calibrate_exclusive(all.labels, all.probabilities, classes)
                                 : calibrate(all.labels, all.probabilities),
                             table["calibration"], name);
    for (size_t c = 0; c < classes; ++c)
      expect_equal_calibration(calibrate(column<float>(all.labels, classes, c),
                                         column<double>(all.probabilities, classes, c)),
                               table["classes"][c]["calibration"], name + all.classes[c]);
  }
}

TEST(Calibration, TheEdgesOfTheScaleHaveBins) {
  const auto bins =
      calibrate(std::vector<float>{0, 1, 1, NAN}, std::vector<double>{0, 1, 1. / 30, .5}).bins;
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].count, 2);  // 0 and 1/30
  EXPECT_EQ(bins[1].mean_probability, 1);
  EXPECT_FALSE(calibrate(std::vector<float>{NAN}, std::vector<double>{.5}).ece);
  EXPECT_FALSE(calibrate_exclusive({}, {}, 3).brier);
}

}  // namespace
}  // namespace evax::metrics
