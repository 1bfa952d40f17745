// What bad lists of X-rays and masks get from training and evaluation: a sentence that names the
// files, and the rest done where that is much.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/segmentation.h"

namespace evax::e2e {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// 7 x 5 pixels.
std::string mask(const std::string& kind) {
  return source_file("tests/fixtures/seg/data/masks/" + kind + ".png");
}

struct BadPair {
  std::string image, mask, sentence;
};

class BadMasks : public Segment {
 protected:
  std::vector<BadPair> bad_pairs() const {
    const std::string other_size = source_file("tests/fixtures/image/png/grey8.png");
    const std::string dicom = folder_.file("broken.dcm");
    write(dicom, "no DICOM file");
    return {{other_size, mask("grey8_01"),
             mask("grey8_01") + ": expected a mask of 23 x 37 pixels, the size of " + other_size +
                 ", found 7 x 5"},
            {mask("grey8_01"), mask("grey16_256"),
             mask("grey16_256") + ": expected the values 0 to 1 and 255 in a mask, found 256"},
            {dicom, mask("grey8_01"), dicom + ": expected a PNG, JPEG or DICOM image"}};
  }

  // Eleven pairs that can be trained on and one more.
  std::string train_list(const std::string& image, const std::string& its_mask) const {
    write(folder_.file("bad.csv"), list_of("train", 11) + image + "," + its_mask + ",p99,\n");
    return "data.train=" + folder_.file("bad.csv");
  }

  std::string refused(const std::vector<std::string>& more) const {
    const Process process = train("bad", more);
    EXPECT_EQ(process.exit_code, 1) << process.err;
    EXPECT_FALSE(fs::exists(folder_.file("bad"))) << process.err;
    return process.err;
  }
};

#define EXPECT_CONTAINS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(BadMasks, ListsAreRefusedBeforeTraining) {
  std::string plain = "path,lung\n", empty = "path,mask,patient,licence\n";
  for (const auto& row : read_csv(list_of("train", 12)))
    if (row[0] != "path") {
      plain += row[0] + ",1\n";
      empty += row[0] + "," + mask("grey8_background") + "," + row[2] + ",\n";
    }
  write(folder_.file("plain.csv"), plain);
  write(folder_.file("empty.csv"), empty);
  EXPECT_CONTAINS(refused({"data.train=" + folder_.file("plain.csv"),
                           "data.val=", "data.test=", "data.meta=[]"}),
                  "expected a column mask");
  EXPECT_CONTAINS(refused({"data.train=" + folder_.file("empty.csv")}),
                  "empty.csv: expected a mask with a pixel of lung, found 12 without");
  const std::string absent = refused({train_list(mask("grey8_01"), folder_.file("absent.png"))});
  EXPECT_CONTAINS(absent,
                  "expected at most 1 % of the images or their masks to be missing, found 1 of 12, "
                  "the first is " +
                      folder_.file("absent.png"));
  EXPECT_CONTAINS(refused({train_list(mask("grey8_01"), "")}),
                  "bad.csv line 13: expected a mask of " + mask("grey8_01") + ", found nothing");
  EXPECT_CONTAINS(refused({"optim.batch_size=64"}), "expected at least one step of 64 images");
}

TEST_F(BadMasks, TrainingNamesThePairAndEndsPastOnePercent) {
  int runs = 0;
  for (const BadPair& bad : bad_pairs()) {
    const std::string run = std::to_string(++runs);
    const Process process = train(run, {train_list(bad.image, bad.mask)});
    EXPECT_EQ(process.exit_code, 1) << process.err;
    EXPECT_CONTAINS(process.err, "training continues without an image: " + bad.sentence);
    EXPECT_CONTAINS(process.err, "expected at most 1 % unreadable images, found 1 of 12");
    EXPECT_CONTAINS(read(run_file(run, "unreadable.csv")), bad.image);
  }
}

/// Evaluations of a small network on made-up pairs.
class BadMasksEvaluated : public BadMasks {
 protected:
  void SetUp() override {
    const Process imported = evax({"import", source_file("tests/fixtures/seg/network/tiny_seg.pth"),
                                   "-o", folder_.file("m.safetensors"), "--classes", "lung"});
    ASSERT_EQ(imported.exit_code, 0) << imported.err;
  }

  // A list of so many pairs that can be judged, and one more.
  std::string list_with(const std::string& name, int good, const BadPair& bad) const {
    std::string list = "path,mask\n";
    for (int i = 0; i < good; ++i) {
      const std::string image = folder_.file(std::to_string(i) + ".png");
      fs::copy_file(mask("grey8_01"), image, fs::copy_options::skip_existing);
      list += image + "," + mask("grey8_white") + "\n";
    }
    write(folder_.file(name), list + bad.image + "," + bad.mask + "\n");
    return folder_.file(name);
  }

  Process evaluate(const std::string& test, const std::string& more = "") const {
    write(folder_.file("t.toml"), "[data]\nkind = 'csv'\ntest = '" + test + "'\n" + more);
    return evax({"evaluate", folder_.file("m.safetensors"), folder_.file("t.toml"), "-o",
                 folder_.file("out"), "--draws", "0", "--json", "--threads", "1"});
  }

  std::string error_of(const std::string& test, const std::string& more = "") const {
    const Process process = evaluate(test, more);
    EXPECT_EQ(process.exit_code, 1) << process.err;
    EXPECT_EQ(process.out, "");
    EXPECT_FALSE(fs::exists(folder_.file("out"))) << process.err;
    return process.err;
  }
};

TEST_F(BadMasksEvaluated, MoreThanOnePercentEndIt) {
  for (const BadPair& bad : bad_pairs()) {
    const std::string error = error_of(list_with("bad.csv", 1, bad));
    EXPECT_CONTAINS(error,
                    "bad.csv: expected at most 1 % of the images to be unreadable, found at least "
                    "1 of 2; the first: " +
                        bad.sentence.substr(0, bad.sentence.find(": ")));
    EXPECT_CONTAINS(error, "left out: " + bad.sentence);
  }
  const std::string val = list_with("val.csv", 0, bad_pairs()[0]);
  const std::string good =
      list_with("good.csv", 2, {mask("rgb"), mask("grey8_01"), "another pair"});
  EXPECT_CONTAINS(error_of(good, "val = '" + val + "'\n"),
                  "val.csv: expected at most 1 % of the images to be unreadable");
  EXPECT_CONTAINS(
      error_of(list_with("empty.csv", 0, {mask("grey8_01"), mask("grey8_background"), ""})),
      "empty.csv: expected a mask with a pixel of lung, found 1 without");
}

TEST_F(BadMasksEvaluated, OneInAHundredIsLeftOutAndListed) {
  const BadPair bad = bad_pairs()[0];
  const Process process = evaluate(list_with("bad.csv", 100, bad));
  ASSERT_EQ(process.exit_code, 0) << process.err;
  const Json metrics = Json::parse(process.out);
  EXPECT_EQ(metrics["n"], 100);
  EXPECT_EQ(metrics["data"]["unreadable"], 1);
  EXPECT_CONTAINS(process.err, "left out: " + bad.sentence);
  EXPECT_CONTAINS(read(folder_.file("out") + "/unreadable_test.csv"), bad.image);
}

}  // namespace
}  // namespace evax::e2e
