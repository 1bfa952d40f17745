#include "evax/data/labels.h"

#include <cmath>
#include <set>

#include "evax/data/test_support.h"

namespace evax::data {
namespace {

constexpr int images = 200;

// Every image: Atelectasis uncertain, Cardiomegaly uncertain, Consolidation 1, Edema 0.
Dataset uncertain() {
  Dataset dataset;
  dataset.classes = {"Atelectasis", "Cardiomegaly", "Consolidation", "Edema"};
  dataset.source = "list.csv";
  for (int i = 0; i < images; ++i) {
    dataset.samples.emplace_back();
    dataset.samples.back().labels = {-1, -1, 1, 0};
  }
  return dataset;
}

std::vector<float> column(const Dataset& dataset, size_t index) {
  std::vector<float> values;
  for (const Sample& sample : dataset.samples) values.push_back(sample.labels[index]);
  return values;
}

Dataset applied(LabelPolicy policy, uint64_t seed = 0, bool exact = false) {
  Dataset dataset = uncertain();
  EXPECT_EQ(apply_policy(dataset, policy, seed, exact), 2U * images);
  for (const Sample& sample : dataset.samples) {  // certain labels stay
    EXPECT_EQ(sample.labels[2], 1);
    EXPECT_EQ(sample.labels[3], 0);
  }
  return dataset;
}

void expect_within(const std::vector<float>& values, float low, float high) {
  for (const float value : values) {
    EXPECT_GE(value, low);
    EXPECT_LT(value, high);
  }
}

size_t different(const std::vector<float>& values) {
  return std::set<float>(values.begin(), values.end()).size();
}

TEST(LabelPolicy, OnesZerosAndIgnore) {
  EXPECT_EQ(column(applied(LabelPolicy::ones), 0), std::vector<float>(images, 1));
  EXPECT_EQ(column(applied(LabelPolicy::zeros), 0), std::vector<float>(images, 0));
  for (const float value : column(applied(LabelPolicy::ignore), 1)) EXPECT_TRUE(std::isnan(value));
}

TEST(LabelPolicy, SmoothDrawsForEveryLabel) {
  const Dataset dataset = applied(LabelPolicy::smooth);
  expect_within(column(dataset, 0), 0.55F, 0.85F);
  EXPECT_GT(different(column(dataset, 0)), 150U);
  EXPECT_NE(column(dataset, 0), column(dataset, 1));
  EXPECT_EQ(column(dataset, 0), column(applied(LabelPolicy::smooth), 0));
  EXPECT_NE(column(dataset, 0), column(applied(LabelPolicy::smooth, 1), 0));
}

TEST(LabelPolicy, EvaXIsOneForAtelectasisAndEdemaElseZero) {
  const Dataset dataset = applied(LabelPolicy::eva_x);
  EXPECT_EQ(column(dataset, 0), std::vector<float>(images, 1));
  EXPECT_EQ(column(dataset, 1), std::vector<float>(images, 0));
}

TEST(LabelPolicy, EvaXSmoothDrawsOncePerClass) {
  const Dataset dataset = applied(LabelPolicy::eva_x_smooth);
  expect_within(column(dataset, 0), 0.7F, 0.8F);
  expect_within(column(dataset, 1), 0.2F, 0.3F);
  EXPECT_EQ(different(column(dataset, 0)), 1U);
  EXPECT_EQ(different(column(dataset, 1)), 1U);
  EXPECT_NE(column(dataset, 0), column(applied(LabelPolicy::eva_x_smooth, 1), 0));
}

TEST(LabelPolicy, ListsThatAreScoredAreNotSmoothed) {
  EXPECT_EQ(column(applied(LabelPolicy::smooth, 0, true), 1), std::vector<float>(images, 1));
  EXPECT_EQ(column(applied(LabelPolicy::eva_x_smooth, 0, true), 0), std::vector<float>(images, 1));
  EXPECT_EQ(column(applied(LabelPolicy::eva_x_smooth, 0, true), 1), std::vector<float>(images, 0));
}

TEST(LabelPolicy, EvaXRefusesOtherClassesWhenUncertain) {
  Dataset dataset = uncertain();
  dataset.classes[0] = "Fracture";
  EXPECT_CONTAINS(error_of([&] { apply_policy(dataset, LabelPolicy::eva_x, 0, false); }),
                  "found 'Fracture'");
  dataset.samples.clear();
  EXPECT_EQ(apply_policy(dataset, LabelPolicy::eva_x, 0, false), 0U);
}

TEST(LabelPolicy, NamesGoBothWays) {
  for (const char* name : {"ones", "zeros", "ignore", "smooth", "eva_x", "eva_x_smooth"})
    EXPECT_EQ(name_of(label_policy(name, "csv")), name);
  EXPECT_EQ(name_of(label_policy("", "chexpert")), "eva_x");
  EXPECT_EQ(name_of(label_policy("", "csv")), "ignore");
  EXPECT_CONTAINS(error_of([] { label_policy("twos", "csv"); }),
                  "expected one of ones, zeros, ignore, smooth, eva_x, eva_x_smooth, found 'twos'");
}

}  // namespace
}  // namespace evax::data
