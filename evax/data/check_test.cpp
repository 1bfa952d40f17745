#include "evax/data/check.h"

#include <algorithm>
#include <cmath>

#include "evax/data/pixel_stats.h"
#include "evax/data/test_support.h"
#include "evax/image/read.h"
#include "evax/image/resize/resize.h"
#include "evax/image/write.h"

namespace evax::data {
namespace {

using Names = std::vector<std::string>;

const std::string xrays = std::string(EVAX_SOURCE_DIR) + "/demo/xrays/";

Sample sample_of(const std::string& path, const std::string& patient, std::vector<float> labels) {
  Sample sample;
  sample.path = path;
  sample.patient = patient;
  sample.labels = std::move(labels);
  return sample;
}

void write_constant(const std::string& path, uint8_t value) {
  image::Image image{20, 10, 1, std::vector<uint8_t>(200, value)};
  image::write_png(path, image);
}

// Fills train and test with one fault of each sort, in a folder of its own.
class Check : public testing::Test {
 protected:
  Check() {
    const std::string first = xrays + "00001368_000.png";
    const std::string copy = folder_.file("copy.png");
    const std::string smaller = folder_.file("smaller.png");
    const image::Image image = image::read(first).image;
    image::write_png(copy, image);  // another file, the same pixels
    image::write_png(smaller, image::resize(image, 300, 300, Interpolation::bicubic));
    write_constant(folder_.file("black.png"), 0);
    const std::string text = folder_.write("text.png", "no image");

    splits_.train.classes = splits_.test.classes = {"A", "B"};
    splits_.train.samples = {
        sample_of(first, "p1", {1, 0}),
        sample_of(xrays + "IM-0003-0001.jpg", "p2", {0, 0}),
        sample_of(folder_.file("black.png"), "p3", {1, 0}),
        sample_of(folder_.file("absent.png"), "p4", {1, 0}),
        sample_of(text, "p5", {1, std::nanf("")}),
    };
    splits_.test.samples = {
        sample_of(copy, "p1", {1, 0}),
        sample_of(smaller, "", {1, 1}),
        sample_of(xrays + "00001962_000.png", "p9", {0, 1}),
    };
  }

  TestFolder folder_;
  Splits splits_;
};

TEST_F(Check, FindsEveryFault) {
  const CheckResult result = check(splits_, 2);
  ASSERT_EQ(result.lists.size(), 2U);
  const ListCheck& train = result.lists[0];
  EXPECT_EQ(train.name, "train");
  EXPECT_EQ(train.missing, Names{folder_.file("absent.png")});
  ASSERT_EQ(train.unreadable.size(), 1U);
  EXPECT_EQ(train.unreadable[0].first, folder_.file("text.png"));
  EXPECT_EQ(train.constant, Names{folder_.file("black.png")});
  EXPECT_EQ(train.absent_classes, Names{"B"});
  EXPECT_EQ(train.summary.images, 5U);
  EXPECT_EQ(train.summary.patients, 5U);
  EXPECT_EQ(train.summary.labels[0].positive, 4U);
  EXPECT_EQ(train.summary.labels[0].negative, 1U);
  EXPECT_EQ(train.summary.labels[1].uncertain, 1U);

  const ListCheck& test = result.lists[1];
  EXPECT_EQ(test.name, "test");
  EXPECT_EQ(test.missing.size() + test.unreadable.size() + test.constant.size(), 0U);
  EXPECT_EQ(test.summary.without_patient, 1U);

  ASSERT_EQ(result.pairs.size(), 1U);
  const PairCheck& pair = result.pairs[0];
  EXPECT_EQ(pair.patients, Names{"p1"});
  ASSERT_EQ(pair.identical.size(), 1U);
  EXPECT_EQ(pair.identical[0].path, xrays + "00001368_000.png");
  EXPECT_EQ(pair.identical[0].other, folder_.file("copy.png"));
  ASSERT_EQ(pair.near_identical.size(), 1U);
  EXPECT_EQ(pair.near_identical[0].other, folder_.file("smaller.png"));
  EXPECT_TRUE(result.leaks());
  EXPECT_EQ(result.broken(), 2U);
}

TEST_F(Check, GreyAndRgbWithEqualChannelsAreIdentical) {
  image::Image grey = image::read(xrays + "IM-0003-0001.jpg").image;
  ASSERT_EQ(grey.channels, 1);
  image::Image rgb{grey.width, grey.height, 3, {}};
  for (const uint8_t pixel : grey.pixels) rgb.pixels.insert(rgb.pixels.end(), 3, pixel);
  image::write_png(folder_.file("grey.png"), grey);
  image::write_png(folder_.file("rgb.png"), rgb);
  splits_.train.samples = {sample_of(folder_.file("grey.png"), "", {1, 0})};
  splits_.test.samples = {sample_of(folder_.file("rgb.png"), "", {1, 0})};
  EXPECT_EQ(check(splits_, 1).pairs.at(0).identical.size(), 1U);
}

TEST_F(Check, FindsWhatIsInOneListTwice) {
  const std::string first = xrays + "00001368_000.png";
  folder_.write("a/x.png");
  folder_.write("b/x.png");
  image::write_png(folder_.file("a/x.png"), image::read(xrays + "IM-0003-0001.jpg").image);
  image::write_png(folder_.file("b/x.png"), image::read(xrays + "00001962_000.png").image);
  std::filesystem::create_symlink(folder_.file("a/x.png"), folder_.file("link.png"));
  splits_.test.samples = {};
  splits_.train.samples = {
      sample_of(first, "", {1, 0}),
      sample_of(folder_.file("a/x.png"), "", {0, 1}),
      sample_of(folder_.file("b/x.png"), "", {0, 1}),
      sample_of(xrays + "../xrays/00001368_000.png", "", {1, std::nanf("")}),
      sample_of(folder_.file("copy.png"), "", {0, 0}),
      sample_of(folder_.file("link.png"), "", {1, -1}),
      sample_of(folder_.file("absent.png"), "", {1, 0}),
      sample_of(folder_.file("absent.png"), "", {1, 0}),
  };
  const CheckResult result = check(splits_, 1);
  const ListCheck& train = result.lists.at(0);
  ASSERT_EQ(train.repeated.size(), 3U);
  EXPECT_EQ(train.repeated[0].other, xrays + "../xrays/00001368_000.png");
  EXPECT_FALSE(train.repeated[0].opposite);  // an uncertain label contradicts none
  EXPECT_EQ(train.repeated[1].path, folder_.file("a/x.png"));
  EXPECT_EQ(train.repeated[1].other, folder_.file("link.png"));
  EXPECT_TRUE(train.repeated[1].opposite);
  EXPECT_EQ(train.repeated[2].other, folder_.file("absent.png"));
  ASSERT_EQ(train.copies.size(), 1U);
  EXPECT_EQ(train.copies[0].path, first);
  EXPECT_EQ(train.copies[0].other, folder_.file("copy.png"));
  EXPECT_TRUE(train.copies[0].opposite);
  ASSERT_EQ(train.shared_names.size(), 1U);
  EXPECT_EQ(train.shared_names[0].name, "x.png");
  EXPECT_EQ(train.shared_names[0].paths, (Names{folder_.file("a/x.png"), folder_.file("b/x.png")}));
  EXPECT_EQ(result.contradictions(), 2U);
}

TEST_F(Check, ExclusiveClassesContradictEachOther) {
  splits_.train.task = weights::Task::multiclass;
  splits_.train.samples = {sample_of(xrays + "00001368_000.png", "", {}),
                           sample_of(xrays + "00001368_000.png", "", {})};
  splits_.test.samples = {};
  splits_.train.samples[0].label = 0;
  EXPECT_EQ(check(splits_, 1).contradictions(), 0U);  // the other one is unlabelled
  splits_.train.samples[1].label = 1;
  EXPECT_EQ(check(splits_, 1).contradictions(), 1U);
}

TEST_F(Check, CleanListsHaveNoLeak) {
  splits_.test.samples = {sample_of(xrays + "00001962_000.png", "p9", {0, 1})};
  const CheckResult result = check(splits_, 2);
  EXPECT_FALSE(result.leaks());
  EXPECT_TRUE(result.pairs[0].near_identical.empty());
}

// The numbers of patients are counted from the file names.
TEST(CheckReal, Nih1000PartsShareThePatientsOfTheirFileNames) {
  NEEDS_SHARED("data/classification/nih1000_64px");
  DataConfig config;
  config.kind = "folder";
  config.images = shared_file("data/classification/nih1000_64px");
  config.train = "train";
  config.val = "valid";
  config.test = "test";
  config.allow_leak = true;
  const CheckResult result = check(load_splits(config, false, 0), 2);
  ASSERT_EQ(result.pairs.size(), 3U);
  EXPECT_EQ(result.pairs[0].patients.size(), 13U);
  EXPECT_EQ(result.pairs[1].patients.size(), 8U);
  EXPECT_EQ(result.pairs[2].patients.size(), 7U);
  EXPECT_TRUE(result.leaks());
  EXPECT_EQ(result.broken(), 0U);
}

// numpy.mean and numpy.std of the pixels of the demonstration's PNG and JPEG files, scaled to [0,
// 1].
TEST(PixelStats, AgreeWithNumpy) {
  Dataset dataset;
  for (const auto& entry : std::filesystem::directory_iterator(xrays))
    if (entry.path().extension() != ".dcm")
      dataset.samples.push_back(sample_of(entry.path(), "", {}));
  const PixelStats stats = pixel_stats(dataset, 2);
  EXPECT_EQ(stats.channels, 1);
  EXPECT_NEAR(stats.mean[0], 0.5475373757417891, 1e-12);
  EXPECT_NEAR(stats.std[0], 0.2556509019114196, 1e-12);
  EXPECT_EQ(stats.sizes.size(), 6U);
  EXPECT_TRUE(stats.unreadable.empty());
}

TEST(CheckMasks, CountsThemAndFindsBadOnes) {
  const TestFolder folder;
  Splits splits;
  splits.train.task = weights::Task::segmentation;
  splits.train.classes = {"lung", "heart"};
  const auto add = [&](const std::string& name, const image::Image& mask) {
    Sample& sample = splits.train.samples.emplace_back();
    sample.path = folder.file(name + ".png");
    sample.mask = folder.file(name + "_mask.png");
    image::write_png(sample.path, {2, 1, 1, {1, 9}});
    image::write_png(sample.mask, mask);
  };
  add("a", {2, 1, 1, {0, 1}});
  add("b", {2, 1, 1, {0, 255}});
  add("c", {2, 1, 1, {0, 3}});
  add("d", {1, 2, 1, {0, 1}});
  add("e", {2, 1, 1, {0, 1}});
  std::filesystem::remove(splits.train.samples.back().mask);
  const CheckResult result = check(splits, 1);
  const ListCheck& train = result.lists.at(0);
  EXPECT_EQ(train.summary.labels[0].positive, 1U);
  EXPECT_EQ(train.summary.labels[0].negative, 1U);
  EXPECT_EQ(train.absent_classes, Names{"heart"});
  EXPECT_EQ(train.missing, Names{splits.train.samples[4].mask});
  ASSERT_EQ(train.unreadable.size(), 2U);
  EXPECT_CONTAINS(train.unreadable[0].second, "found 3");
  EXPECT_CONTAINS(train.unreadable[1].second, "expected a mask of 2 x 1 pixels");
}

TEST(PixelStats, ColourHasThreeChannels) {
  const TestFolder folder;
  image::write_png(folder.file("rgb.png"), {2, 1, 3, {255, 0, 0, 255, 51, 0}});
  image::write_png(folder.file("grey.png"), {2, 1, 1, {0, 255}});
  Dataset dataset;
  for (const char* name : {"rgb.png", "grey.png", "absent.png"})
    dataset.samples.push_back(sample_of(folder.file(name), "", {}));
  const PixelStats stats = pixel_stats(dataset, 1);
  EXPECT_EQ(stats.channels, 3);
  EXPECT_NEAR(stats.mean[0], 0.75, 1e-12);  // 1, 1, 0, 1
  EXPECT_NEAR(stats.mean[1], 0.3, 1e-12);   // 0, 0.2, 0, 1
  EXPECT_NEAR(stats.mean[2], 0.25, 1e-12);
  EXPECT_NEAR(stats.std[2], std::sqrt(0.1875), 1e-12);
  ASSERT_EQ(stats.unreadable.size(), 1U);
  EXPECT_EQ(stats.unreadable[0].first, folder.file("absent.png"));
}

}  // namespace
}  // namespace evax::data
