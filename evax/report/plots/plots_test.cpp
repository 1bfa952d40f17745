#include <cmath>

#include "evax/report/findings/confusion_plot.h"
#include "evax/report/findings/reliability_plot.h"
#include "evax/report/plots/histogram.h"
#include "evax/report/plots/interval_plot.h"
#include "evax/report/plots/line_plot.h"
#include "evax/report/test_support.h"

namespace evax::report {
namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Svg, EscapesTextAndKeepsAllOfItAsHint) {
  Svg svg(100, 50);
  svg.text({1, 2}, "<b>\"long\" name", "small", Anchor::end, 6);
  const std::string element = svg.element("a & b");
  EXPECT_CONTAINS(element, "viewBox=\"0 0 100 50\"");
  EXPECT_CONTAINS(element, "aria-label=\"a &amp; b\"");
  EXPECT_CONTAINS(element, "&lt;b&gt;&quot;l…<title>&lt;b&gt;&quot;long&quot; name</title>");
  EXPECT_LACKS(element, "<b>");
}

TEST(Svg, LeavesOutPointsThatNobodySees) {
  std::vector<Point> points;
  for (int i = 0; i <= 100'000; ++i) points.push_back({i * 1e-3, 0});
  Svg svg(100, 50);
  svg.path(points, "s0");
  const std::string element = svg.element("");
  EXPECT_LE(count(element, "L"), 201U);
  EXPECT_CONTAINS(element, "L100 0");  // the last one stays
}

TEST(Svg, DocumentStandsAlone) {
  const std::string document = Svg(10, 10).document("x");
  EXPECT_EQ(document.rfind("<svg ", 0), 0U);
  EXPECT_CONTAINS(document, "xmlns=\"http://www.w3.org/2000/svg\"");
  EXPECT_CONTAINS(document, "<style>");
}

void expect_ticks(const Axis& axis, std::vector<double> ticks, double low, double high) {
  ASSERT_EQ(axis.ticks.size(), ticks.size());
  for (size_t i = 0; i < ticks.size(); ++i) EXPECT_NEAR(axis.ticks[i], ticks[i], 1e-12);
  EXPECT_NEAR(axis.low, low, 1e-12);
  EXPECT_NEAR(axis.high, high, 1e-12);
}

TEST(Axes, TicksAreRoundNumbers) {
  expect_ticks(axis_over("", 0.71, 0.93, 0, 1), {0.7, 0.8, 0.9, 1}, 0.7, 1);
  expect_ticks(axis_over("", 0.81, 0.83, 0, 1), {0.81, 0.815, 0.82, 0.825, 0.83}, 0.81, 0.83);
  expect_ticks(axis_over("", 1, 30, 1, 100), {10, 20, 30}, 1, 30);
  expect_ticks(axis_over("", 0.99, 1, 0, 1), {0.99, 0.995, 1}, 0.99, 1);
  expect_ticks(logarithmic_axis("", 6, 86), {5, 10, 20, 50, 100}, 4, 129);
  EXPECT_EQ(tick_text(0.30000000000000004), "0.3");
}

TEST(Axes, OneValueHasRoomAroundIt) {
  const Axis axis = axis_over("", 0.8, 0.8, 0, 1);
  EXPECT_LT(axis.low, 0.8);
  EXPECT_GT(axis.high, 0.8);
  EXPECT_GE(axis.ticks.size(), 2U);
}

TEST(LinePlot, RocHasDiagonalAndOperatingPoint) {
  const LinePlot plot = roc_plot({{0, 0}, {0.1, 0.8}, {1, 1}}, Point{0.1, 0.8});
  ASSERT_EQ(plot.guide.size(), 2U);
  EXPECT_EQ(plot.guide[0].x, plot.guide[0].y);
  EXPECT_EQ(plot.guide[1].x, plot.guide[1].y);
  EXPECT_EQ(count(draw(plot).element(""), "class=\"mark\""), 1U);
  EXPECT_EQ(count(draw(roc_plot({{0, 0}, {1, 1}}, {})).element(""), "class=\"mark\""), 0U);
}

// The area under the steps is the average precision: 0.5 * 1 + 0.5 * 2/3.
TEST(LinePlot, PrecisionRecallIsDrawnInTheStepsOfAveragePrecision) {
  const LinePlot plot = precision_recall_plot({{0, 1}, {0.5, 1}, {0.5, 0.5}, {1, 2. / 3}}, 0.5, {});
  const auto& steps = plot.lines[0].points;
  double area = 0;
  for (size_t i = 1; i < steps.size(); ++i) area += (steps[i].x - steps[i - 1].x) * steps[i].y;
  EXPECT_NEAR(area, 0.5 + 1. / 3, 1e-12);
  for (size_t i = 1; i < steps.size(); ++i)
    EXPECT_TRUE(steps[i].x == steps[i - 1].x || steps[i].y == steps[i - 1].y);
  EXPECT_EQ(plot.guide[0].y, 0.5);
}

// Where the highest score is a negative's, the curve does not fall from the 1 it is said to begin
// at.
TEST(LinePlot, PrecisionRecallBeginsWithTheFirstPositive) {
  const LinePlot plot = precision_recall_plot({{0, 1}, {0, 0}, {1, 0.5}}, 0.5, {});
  const auto& steps = plot.lines[0].points;
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].x, 0);
  EXPECT_EQ(steps[0].y, 0.5);
  EXPECT_EQ(steps[1].x, 1);
}

TEST(LinePlot, TrainingOutlivesNumbersThatAreNone) {
  const LinePlot plot =
      training_plot("loss", {{"a", {{1, 0.5}, {2, NAN}, {3, 0.25}}}, {"b", {}}}, {});
  const std::string element = draw(plot).element("");
  EXPECT_LACKS(element, "nan");
  EXPECT_LACKS(element, "inf");
  for (const double tick : plot.x.ticks) EXPECT_EQ(tick, std::round(tick));
  EXPECT_LACKS(draw(training_plot("loss", {}, {})).element(""), "nan");
}

TEST(ReliabilityPlot, AreasShowCounts) {
  const std::string element =
      reliability_plot({{0.1, 0.2, 400}, {0.5, 0.5, 100}, {0.9, 0.7, 0}}).element("");
  // 14 px at most, by the root of 4/5 and 1/5 of the rows.
  EXPECT_CONTAINS(element, "r=\"12.5\"");
  EXPECT_CONTAINS(element, "r=\"6.3\"");
  EXPECT_CONTAINS(element, "r=\"2.5\"");
  EXPECT_LACKS(reliability_plot({}).element(""), "<circle");
}

TEST(ConfusionPlot, ShowsCountsAndSharesOfTheRow) {
  const std::string element =
      draw({{"<i>", "b", "c"}, {"<i>", "b", "c"}, {{3, 1, 0}, {0, 0, 0}, {0, 25596, 0}}})
          .element("");
  EXPECT_CONTAINS(element, "75.0 %");
  EXPECT_CONTAINS(element, "25,596");
  EXPECT_CONTAINS(element, ">–<");  // nothing in the row
  EXPECT_LACKS(element, "<i>");
}

TEST(ConfusionPlot, LongNamesOfTwoClassesStayWhole) {
  const std::vector<std::string> names{"Normal", "Tuberculosis (active)"};
  const std::string element = draw({names, names, {{1, 0}, {0, 1}}}).element("");
  EXPECT_LACKS(element, "…");
}

TEST(IntervalPlot, UndefinedRowsKeepTheirPlace) {
  IntervalPlot plot{"AUC", {}, 0.8};
  plot.rows = {{"a", {0.8, metrics::Interval{0.7, 0.9}}, "", "0.8"}, {"b", {}, "", "–"}};
  const std::string element = draw(plot).element("");
  EXPECT_EQ(count(element, "<circle"), 1U);
  EXPECT_CONTAINS(element, ">b</text>");
  EXPECT_CONTAINS(element, ">–</text>");
  EXPECT_LACKS(draw({"AUC", {{"b", {}, "", "–"}}, {}}).element(""), "nan");
}

TEST(Histogram, CountsValuesInTwentyBins) {
  const std::string drawing = histogram("Dice", std::vector{0., 0.04, 0.05, 0.5, 1.}).element("");
  size_t bars = 0;
  for (size_t at = drawing.find("<rect"); at != std::string::npos;
       at = drawing.find("<rect", at + 1))
    ++bars;
  EXPECT_EQ(bars, 4U);
  // Bins are 265 / 20 wide; the first has two of at most four images: half of 190.
  EXPECT_CONTAINS(drawing, R"(x="52.5" y="103" width="12.3" height="95")");
  EXPECT_CONTAINS(drawing, R"(class="guide" x1="65.3")");  // the median
  EXPECT_CONTAINS(histogram("Dice", {}).element(""), "Dice");
}

}  // namespace
}  // namespace evax::report
