// `evax compare` of two segmentation models: the figures of what evaluate left behind, and what
// cannot be compared.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/binary.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What is marked on an image of which some pixels are labelled.
struct Counts {
  int both, marked, labelled;
};

// A predictions.csv of two classes on four images of three patients; `lung` of each image.
std::string predictions(const std::vector<Counts>& lung, const std::string& second = "heart") {
  std::string text = "path";
  for (const std::string& name : {std::string("lung"), second})
    for (const char* figure : {"dice", "jaccard", "hd95", "area_fraction", "label_fraction",
                               "intersection", "marked", "labelled"})
      text += "," + std::string(figure) + "_" + name;
  text += ",patient\n";
  for (size_t i = 0; i < lung.size(); ++i) {
    text += std::to_string(i) + ".png";
    for (const Counts& c : {lung[i], Counts{10, 20, 20}}) {
      text += ",,,,,";
      for (const int number : {c.both, c.marked, c.labelled}) text += "," + std::to_string(number);
    }
    text += i < 2 ? ",p\n" : ",q" + std::to_string(i) + "\n";
  }
  return text;
}

const std::vector<Counts> good{{80, 100, 100}, {30, 40, 40}, {0, 0, 0}, {45, 50, 100}};
const std::vector<Counts> poor{{50, 100, 100}, {20, 60, 40}, {0, 10, 0}, {25, 50, 100}};

class CompareMasks : public testing::Test {
 protected:
  std::string add(const std::string& name, const std::string& csv) const {
    fs::create_directories(folder_.file(name));
    write(folder_.file(name + "/predictions.csv"), csv);
    return folder_.file(name);
  }
  const Folder folder_;
};

TEST_F(CompareMasks, DifferencesAreThoseOfTheFigures) {
  const std::string a = add("a", predictions(good)), b = add("b", predictions(poor));
  write(a + "/metrics.json", R"({"protocol": "validation", "dice": 0.7, "hd95": 40.5})");
  const Process run = evax({"compare", a, b, "--json", "--draws", "400"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json json = Json::parse(run.out);
  EXPECT_EQ(json["n"], 4);
  EXPECT_EQ(json["patients"], 3);
  EXPECT_EQ(json["a"]["protocol"], "validation");
  const Json& lung = json["classes"]["lung"];
  EXPECT_DOUBLE_EQ(lung["dice"]["a"], 2 * 155. / (190 + 240));
  EXPECT_DOUBLE_EQ(lung["dice"]["b"], 2 * 95. / (220 + 240));
  EXPECT_DOUBLE_EQ(lung["jaccard"]["a"], 155. / (190 + 240 - 155));
  // Image 2 shows no lung: undefined where nothing is marked, 0 where anything is.
  EXPECT_DOUBLE_EQ(lung["mean_dice_per_image"]["a"], (0.8 + 0.75 + 0.6) / 3);
  EXPECT_DOUBLE_EQ(lung["mean_dice_per_image"]["b"], (0.5 + 0.4 + 0 + 25. / 75) / 4);
  EXPECT_LT(lung["dice"]["difference_ci"][1], 0);
  EXPECT_LT(lung["dice"]["p"], 0.05);
  EXPECT_EQ(lung["dice"]["test"], "paired bootstrap");
  EXPECT_EQ(json["classes"]["heart"]["dice"]["difference"], 0);
  EXPECT_EQ(json["classes"]["heart"]["dice"]["p"], 1);
  EXPECT_DOUBLE_EQ(json["dice"]["a"], (lung["dice"]["a"].get<double>() + 0.5) / 2);

  const Process table = evax({"compare", a, b + "/predictions.csv", "--draws", "400"});
  for (const char* words :
       {"4 images of 3 patients", "Dice, mean ", "Dice, lung  ", "-0.308 (",
        "Dice per image, heart", "draws of patients, seed 0", "the paired bootstrap\n"})
    EXPECT_NE(table.out.find(words), std::string::npos) << words << "\n" << table.out;
}

TEST_F(CompareMasks, RefusesWhatCannotBeCompared) {
  const std::string a = add("a", predictions(good));
  const auto refused = [&](const std::string& csv, const std::string& reason) {
    const std::string b = add("b", csv);
    const Process run = evax({"compare", a, b});
    EXPECT_EQ(run.exit_code, 1) << reason;
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_NE(run.err.find(reason), std::string::npos) << reason << "\n" << run.err;
    EXPECT_NE(run.err.find(b), std::string::npos) << run.err;
  };
  refused(predictions(good, "mass"), "not the same test set: classes only in the first list: 1");
  refused(predictions({good[0], good[1], good[2]}),
          "not the same test set: images only in the first list: 1");
  refused(predictions({good[0], good[1], good[2], {45, 50, 101}}),
          "lung of \"3.png\" has 100 labelled pixels in the first list and 101 in the second");
  refused(predictions({{101, 100, 100}}), "expected at most the 100 marked");
  refused("path,label_lung,prob_lung\n0.png,1,0.5\n",
          "expected predictions of one kind, found a segmentation model's and a classifier's");
}

}  // namespace
}  // namespace evax::e2e
