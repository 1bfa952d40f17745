#include "evax/metrics/findings/same_test_set.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

TEST(SameTestSet, OthersAreRefused) {
  const Predictions a = table("gaps");
  const auto error = [&](auto change) {
    Predictions b = a;
    change(b);
    return error_of([&] { check_same_test_set(a, b); });
  };
  EXPECT_EQ(error([](Predictions&) {}), "no error");
  EXPECT_CONTAINS(error([](Predictions& b) { b.classes[3] = "Mass"; }),
                  "not the same test set: classes only in the first list: 1, only in the second: "
                  "1, such as \"class 3\"");
  EXPECT_CONTAINS(error([](Predictions& b) { std::swap(b.classes[0], b.classes[1]); }),
                  "class 1 is \"class 0\" in the first list and \"class 1\" in the second");
  EXPECT_CONTAINS(error([](Predictions& b) {
                    std::vector<uint32_t> rows(b.size() - 2);
                    for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = i + 2;
                    b = select_rows(b, rows);
                  }),
                  "images only in the first list: 2, only in the second: 0, such as \"0.png\"");
  EXPECT_CONTAINS(error([](Predictions& b) { b.labels[5] = 1 - b.labels[5]; }),
                  "1 of 268 labels differ, such as class 1 of \"1.png\"");
  EXPECT_CONTAINS(error([](Predictions& b) { b.exclusive = true; }), "exclusive");
}

TEST(SameTestSet, RowsAreFoundByPath) {
  const Predictions a = table("all tied");
  const std::vector<uint32_t> rows{3, 0, 2, 1};
  const Predictions b = select_rows(a, std::vector<uint32_t>{0, 1, 2, 3});
  EXPECT_EQ(check_same_test_set(select_rows(b, rows), b), rows);
}

}  // namespace
}  // namespace evax::metrics
