#include "evax/report/numbers.h"

#include <gtest/gtest.h>

namespace evax::report {
namespace {

TEST(Numbers, UndefinedIsADashNotZero) {
  EXPECT_EQ(shown(std::optional<double>()), "–");
  EXPECT_EQ(shown(0.0), "0.000");
  EXPECT_EQ(with_interval({}), "–");
  EXPECT_EQ(shown(std::optional<metrics::Interval>{}), "");
}

TEST(Numbers, AreShownAsPeopleWriteThem) {
  EXPECT_EQ(shown(0.8236), "0.824");
  EXPECT_EQ(with_interval({0.8236, metrics::Interval{0.818, 0.83}}), "0.824 [0.818, 0.830]");
  EXPECT_EQ(with_interval({0.8236, {}}), "0.824");
  EXPECT_EQ(shown_count(0), "0");
  EXPECT_EQ(shown_count(999), "999");
  EXPECT_EQ(shown_count(25596), "25,596");
  EXPECT_EQ(shown_count(-1234567), "-1,234,567");
  EXPECT_EQ(counted(1, "image"), "1 image");
  EXPECT_EQ(shown_parameters(5'526'000), "5.5 M");
  EXPECT_EQ(shown_giga(1'253'493'888), "1.25");
}

}  // namespace
}  // namespace evax::report
