// What bad input of `evax localize` gets: one sentence that names the file, or boxes that are
// skipped and counted.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/demo_files.h"

namespace evax::e2e {
namespace {

using Json = nlohmann::ordered_json;

const std::string columns = "path,label,x,y,width,height\n";
const std::string good = "00001368_000.png,Pneumonia,100,120,180,160\n";  // of 512 x 512 pixels
const std::string without_a_pixel =
    "00001368_000.png,Pneumonia,512,10,5,5\n"
    "00001368_000.png,Pneumonia,10,10,0,5\n"
    "00001368_000.png,Pneumonia,-30,10,30,5\n"
    "00001368_000.png,Pneumonia,10,10,5,-5\n";

class LocalizeBadInput : public testing::Test {
 protected:
  Process localize(const std::string& boxes, const std::string& model = classifier,
                   const std::vector<std::string>& more = {}) const {
    write(folder_.file("boxes.csv"), boxes);
    write(folder_.file("boxes.toml"), "[data]\nboxes = '" + folder_.file("boxes.csv") +
                                          "'\nimages = '" + source_file("demo/xrays") + "'\n");
    std::vector<std::string> words{"localize", model,       folder_.file("boxes.toml"),
                                   "-o",       out_,        "--draws",
                                   "50",       "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return evax(words);
  }

  const Folder folder_;
  const std::string out_ = folder_.file("out");
};

TEST_F(LocalizeBadInput, GetsOneSentenceAndNoFolder) {
  struct Case {
    std::string boxes, sentence;
    std::string model = classifier;
    std::vector<std::string> more{};
    int exit_code = 1;
  };
  const std::vector<Case> cases{
      {columns + good + "00001962_000.png,Mass,1,2,3,4\n",
       "boxes.csv line 3: expected a class of the model, Normal, Pneumonia, found 'Mass'"},
      {columns + good,
       "data.classes: expected classes of the model, Normal, Pneumonia, found 'Mass'",
       classifier,
       {"data.classes=['Mass']"}},
      {"path,label,x,y,height\n00001368_000.png,Pneumonia,100,120,160\n",
       "boxes.csv: expected a column 'width', found path, label, x, y, height"},
      {columns + "00001368_000.png,Pneumonia,left,120,180,160\n",
       "boxes.csv line 2: expected a number in column 'x', found 'left'"},
      {columns, "boxes.csv: expected at least one box of the classes that are scored, found none"},
      {"", "boxes.csv: expected a line of column names, found nothing"},
      {columns + "absent.png,Pneumonia,1,2,3,4\n",
       "boxes.csv: expected at most 1 % of the images to be unreadable, found at least 1 of 1; the "
       "first: " +
           xray("absent.png")},
      {columns + good, encoder + ": localize needs a classifier, found an encoder without a head",
       encoder},
      {columns + good,
       source_file("demo/lungs.safetensors") +
           ": localize needs a classifier, found a segmentation model",
       source_file("demo/lungs.safetensors")},
      {columns + good, "absent.safetensors", folder_.file("absent.safetensors")},
      {columns + good, "--threshold: Value 2 not in range", classifier, {"--threshold", "2"}, 2},
  };
  for (const Case& bad : cases) {
    const Process run = localize(bad.boxes, bad.model, bad.more);
    EXPECT_EQ(run.exit_code, bad.exit_code) << run.err;
    EXPECT_TRUE(run.err.starts_with("error: ")) << run.err;
    EXPECT_NE(run.err.find(bad.sentence), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_FALSE(std::filesystem::exists(out_)) << run.err;
  }
}

TEST_F(LocalizeBadInput, BoxesWithoutAPixelAreSkippedAndCounted) {
  const Process run = localize(columns + without_a_pixel + good);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find(", 4 boxes skipped\n"), std::string::npos) << run.out;
  const std::vector<std::string> reasons{
      "expected a box within 512 x 512 pixels, found [512, 10, 5, 5]",
      "expected a box with a size, found 0 x 5",
      "expected a box within 512 x 512 pixels, found [-30, 10, 30, 5]",
      "expected a box with a size, found 5 x -5"};
  const Json metrics = Json::parse(read(out_ + "/metrics.json"));
  EXPECT_EQ(metrics["n"], 1);
  ASSERT_EQ(metrics["data"]["skipped"].size(), reasons.size());
  for (size_t i = 0; i < reasons.size(); ++i) {
    EXPECT_EQ(metrics["data"]["skipped"][i], (Json{{"line", i + 2}, {"reason", reasons[i]}}));
    EXPECT_NE(run.err.find("warning: skipped: " + folder_.file("boxes.csv") + " line " +
                           std::to_string(i + 2) + ": " + reasons[i] + "\n"),
              std::string::npos)
        << run.err;
  }
  EXPECT_EQ(read_csv(read(out_ + "/localization.csv")).size(), 2U);
}

TEST_F(LocalizeBadInput, NoBoxButSkippedOnesIsAnError) {
  const Process run = localize(columns + without_a_pixel);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("error: " + folder_.file("boxes.csv") +
                         ": expected a box to score, found 4 that were skipped\n"),
            std::string::npos)
      << run.err;
  EXPECT_FALSE(std::filesystem::exists(out_));
}

}  // namespace
}  // namespace evax::e2e
