#include "evax/data/segmentation/annotation.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evax/data/segmentation/test_support.h"

namespace evax::data {
namespace {

using testing::empty_mask;
using testing::hash;

int whole(const std::map<std::string, std::string>& row, const char* column) {
  return std::stoi(row.at(column));
}

TEST(Annotation, RunsGoDownTheColumns) {
  for (const auto& row : testing::segmentation_rows("runs.csv")) {
    Mask mask = empty_mask(whole(row, "width"), whole(row, "height"));
    draw_runs(row.at("code"), "x", mask);
    EXPECT_EQ(hash(mask), row.at("sha256")) << row.at("code");
  }
}

TEST(Annotation, BoxesHaveBothCorners) {
  for (const auto& row : testing::segmentation_rows("boxes.csv")) {
    Mask mask = empty_mask(whole(row, "width"), whole(row, "height"));
    draw_box({std::stod(row.at("x")), std::stod(row.at("y")), std::stod(row.at("w")),
              std::stod(row.at("h"))},
             "x", mask);
    EXPECT_EQ(hash(mask), row.at("sha256")) << row.at("x") << " " << row.at("w");
  }
}

TEST(Annotation, RunsPastTheEndAreRefused) {
  const auto error = [](const std::string& code) {
    return error_of([&] {
      Mask mask = empty_mask(4, 3);
      draw_runs(code, "t.csv line 2", mask);
    });
  };
  EXPECT_EQ(error("0 12"), "no error");
  EXPECT_EQ(error("0 13"),
            "t.csv line 2: expected runs within 4 x 3 pixels, found the run 0 13 past the end");
  EXPECT_CONTAINS(error("5 5 2 1"), "found the run 2 1 past the end");
  EXPECT_CONTAINS(error("18446744073709551615 18446744073709551615"), "past the end");
  EXPECT_CONTAINS(error("1 18446744073709551615"), "past the end");
  EXPECT_CONTAINS(error("1"), "found 1 numbers");
  EXPECT_CONTAINS(error(""), "found 0 numbers");
  EXPECT_CONTAINS(error("1 -2"), "found '-2'");
  EXPECT_CONTAINS(error("1 x"), "found 'x'");
}

TEST(Annotation, BoxesOutsideAreRefused) {
  const auto error = [](const AnnotatedBox& box) {
    return error_of([&] {
      Mask mask = empty_mask(20, 10);
      draw_box(box, "t.csv line 2", mask);
    });
  };
  EXPECT_EQ(error({0, 0, 20, 10}), "no error");
  EXPECT_EQ(error({3, 2, 18, 2}),
            "t.csv line 2: expected a box within 20 x 10 pixels, found x 3, y 2, width 18, "
            "height 2");
  for (const AnnotatedBox& box : {AnnotatedBox{-1, 0, 3, 3},
                                  {0, -1, 3, 3},
                                  {0, 0, 3, 11},
                                  {20, 0, 0, 0},
                                  {0, 0, -2, 1},
                                  {1e300, 0, 1, 1},
                                  {NAN, 0, 1, 1},
                                  {0, 0, NAN, 1},
                                  {0, 0, INFINITY, 1}})
    EXPECT_CONTAINS(error(box), "expected a box within") << box.x << " " << box.width;
}

class OfficialScripts : public ::testing::Test {
 protected:
  void SetUp() override {
    NEEDS_SHARED("fixtures/seg/prep.json");
    std::ifstream file(shared_file("fixtures/seg/prep.json"));
    json_ = nlohmann::json::parse(file);
  }

  nlohmann::json json_;
};

TEST_F(OfficialScripts, DrawSiimsMasks) {
  for (const auto& entry : json_["siim"]) {
    Mask last = empty_mask(1024, 1024);
    draw_runs(entry["rows"].back().get<std::string>(), "x", last);
    EXPECT_EQ(hash(last), entry["sha256"]);
    Mask all = empty_mask(1024, 1024);
    for (const auto& row : entry["rows"]) draw_runs(row.get<std::string>(), "x", all);
    EXPECT_EQ(testing::area(all), entry.value("area_of_all_rows", entry["area"].get<size_t>()));
  }
}

TEST_F(OfficialScripts, DrawRsnasMasks) {
  for (const auto& entry : json_["rsna"]) {
    const auto& box = entry["rows"].back();
    Mask mask = empty_mask(1024, 1024);
    draw_box(
        {box[0].get<double>(), box[1].get<double>(), box[2].get<double>(), box[3].get<double>()},
        "x", mask);
    EXPECT_EQ(hash(mask), entry["sha256"]);
  }
}

}  // namespace
}  // namespace evax::data
