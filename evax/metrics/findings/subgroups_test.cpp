#include "evax/metrics/findings/subgroups.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

Predictions with_column(const std::string& name, const std::vector<std::string>& values) {
  Predictions predictions;
  for (size_t i = 0; i < values.size(); ++i) predictions.paths.push_back(fmt::format("{}.png", i));
  predictions.meta[name] = values;
  return predictions;
}

std::string names(const Predictions& predictions, const std::string& specification) {
  std::string text;
  for (const Subgroup& group : subgroups(predictions, specification))
    text += fmt::format("{}={}:{} ", group.column, group.value, group.rows.size());
  return text;
}

TEST(Subgroups, OneForEachValue) {
  const auto predictions = with_column("sex", {"M", "F", "", "F", "unknown", " F "});
  EXPECT_EQ(names(predictions, "sex"), "sex=F:3 sex=M:1 sex=unknown:2 ");
  EXPECT_EQ(subgroups(predictions, "sex")[0].rows, (std::vector<uint32_t>{1, 3, 5}));
}

TEST(Subgroups, FewNumbersAreValuesManyAreBands) {
  EXPECT_EQ(names(with_column("scanner", {"10", "2", "10"}), "scanner"),
            "scanner=2:1 scanner=10:2 ");
  const auto ages =
      with_column("age", {"0", "17", "18", "39.5", "40", "59", "60", "79", "80", "101", "-1", ""});
  EXPECT_EQ(names(ages, "age"),
            "age=<0:1 age=0-17:2 age=18-39:2 age=40-59:2 age=60-79:2 age=80+:2 age=unknown:1 ");
}

TEST(Subgroups, MissingValuesAreUnknownHoweverTheyAreSpelled) {
  const auto ages =
      with_column("age", {"030", "033", "036", "039", "042", "nan", "048", "051", "N/A", "054",
                          "057", "060", "063", "<NA>", "066", "None", "-"});
  EXPECT_EQ(names(ages, "age"), "age=18-39:4 age=40-59:5 age=60-79:3 age=unknown:5 ");
  EXPECT_EQ(names(with_column("sex", {"F", "NaN", "M", "null", "Unknown"}), "sex"),
            "sex=F:1 sex=M:1 sex=unknown:3 ");
}

// PS3.5, table 6.2-1: AS is nnnD, nnnW, nnnM or nnnY.
TEST(Subgroups, AgesAsDicomWritesThemAreNumbers) {
  const auto ages = with_column("age", {"058Y", "017Y", "215M", "216M", "003W", "021D", "081Y",
                                        "040Y", "039Y", "18", "090Y", "001Y", "100Y"});
  EXPECT_EQ(names(ages, "age"), "age=0-17:5 age=18-39:3 age=40-59:2 age=80+:3 ");
  for (const char* other : {"58Y", "058y", "05.Y", "0058Y", "058Z"})
    EXPECT_THROW(names(with_column("age", {other}), "age:0,18"), Error) << other;
}

TEST(Subgroups, EdgesCanBeSaid) {
  const auto ages = with_column("age", {"5", "70", "18"});
  EXPECT_EQ(names(ages, "age:0,18,40,65"), "age=0-17:1 age=18-39:1 age=65+:1 ");
  EXPECT_EQ(names(ages, "age:17, 18,19.5"), "age=<17:1 age=[18, 19.5):1 age=19.5+:1 ");
  EXPECT_EQ(names(with_column("age", {"17"}), "age:17,18"), "age=17:1 ");
  EXPECT_EQ(names(with_column("view:raw", {"PA"}), "view:raw"), "view:raw=PA:1 ");
}

TEST(Subgroups, WrongOnesAreNamed) {
  const auto ages = with_column("age", {"5", "58 years"});
  const auto error = [&](const std::string& specification) {
    return error_of([&] { subgroups(ages, specification); });
  };
  EXPECT_CONTAINS(error("sex"), "expected a column of the list (age), found \"sex\"");
  EXPECT_CONTAINS(error("age:40,18"), "expected rising numbers");
  EXPECT_CONTAINS(error("age:"), "expected rising numbers");
  EXPECT_CONTAINS(error("age:0,18"), "1.png: age: expected a number, found \"58 years\"");
  EXPECT_CONTAINS(error_of([] { subgroups({}, "sex"); }), "it has none");
  std::vector<std::string> many;
  for (int i = 0; i < 101; ++i) many.push_back(fmt::format("p{}", i));
  EXPECT_CONTAINS(error_of([&] { subgroups(with_column("id", many), "id"); }), "at most 100");
}

}  // namespace
}  // namespace evax::metrics
