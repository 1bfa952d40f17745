#include "evax/data/split.h"

#include <algorithm>
#include <map>

#include "evax/data/test_support.h"

namespace evax::data {
namespace {

// Patient p has 1 + p % 4 images; the last images belong to nobody known.
Dataset make_dataset(int patients, int unknown = 0) {
  Dataset dataset;
  dataset.source = "list.csv";
  for (int patient = 0; patient < patients; ++patient)
    for (int image = 0; image <= patient % 4; ++image) {
      Sample& sample = dataset.samples.emplace_back();
      sample.path = fmt::format("p{:03}_{}.png", patient, image);
      sample.patient = fmt::format("p{:03}", patient);
    }
  for (int image = 0; image < unknown; ++image)
    dataset.samples.emplace_back().path = fmt::format("u{:03}.png", image);
  return dataset;
}

size_t patients(const Dataset& dataset) {
  std::map<std::string, int> counts;
  for (const Sample& sample : dataset.samples) ++counts[sample.patient];
  return counts.size();
}

std::map<std::string, size_t> part_of_every_path(const std::vector<Dataset>& parts) {
  std::map<std::string, size_t> part;
  for (size_t i = 0; i < parts.size(); ++i)
    for (const Sample& sample : parts[i].samples) part[sample.path] = i;
  return part;
}

TEST(Deal, NeverPutsAPatientIntoTwoParts) {
  const Dataset dataset = make_dataset(100);
  const std::vector<Dataset> parts = deal(dataset, {0.1, 0.25}, 0);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(patients(parts[0]), 65U);
  EXPECT_EQ(patients(parts[1]), 10U);
  EXPECT_EQ(patients(parts[2]), 25U);
  EXPECT_EQ(part_of_every_path(parts).size(), dataset.size());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(shared_patients(parts[i], parts[(i + 1) % 3]), std::vector<std::string>{});
  for (const Dataset& part : parts)
    EXPECT_TRUE(std::is_sorted(
        part.samples.begin(), part.samples.end(),
        [](const Sample& a, const Sample& b) { return a.path < b.path; }));  // the list's order
}

TEST(Deal, KeepsAnImageTogetherHoweverItsPathIsSpelled) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Dataset dataset = make_dataset(0, 10);
    for (const char* path : {"./u003.png", "a/../u003.png", ".//u003.png"})
      dataset.samples.emplace_back().path = path;
    const auto part = part_of_every_path(deal(dataset, {0.5}, seed));
    for (const char* path : {"./u003.png", "a/../u003.png", ".//u003.png"})
      EXPECT_EQ(part.at(path), part.at("u003.png")) << path;
  }
}

TEST(Deal, DependsOnTheSeedAndNotOnTheOrderOfTheList) {
  Dataset dataset = make_dataset(50, 10);
  const auto first = part_of_every_path(deal(dataset, {0.2}, 0));
  EXPECT_NE(first, part_of_every_path(deal(dataset, {0.2}, 1)));
  std::reverse(dataset.samples.begin(), dataset.samples.end());
  EXPECT_EQ(first, part_of_every_path(deal(dataset, {0.2}, 0)));
}

TEST(Deal, DealsImagesOfNobodyKnownOnTheirOwn) {
  const std::vector<Dataset> parts = deal(make_dataset(0, 200), {0.1}, 0);
  EXPECT_EQ(parts[0].size(), 180U);
  EXPECT_EQ(parts[1].size(), 20U);
}

TEST(Deal, AShareAboveZeroIsAtLeastOne) {
  const std::vector<Dataset> parts = deal(make_dataset(0, 3), {0, 0.01}, 0);
  EXPECT_EQ(parts[1].size(), 0U);
  EXPECT_EQ(parts[2].size(), 1U);
  EXPECT_CONTAINS(error_of([] { deal(make_dataset(1), {0.1}, 0); }),
                  "list.csv: expected enough patients (or images) to split into 2 parts, found 1");
}

TEST(Subset, SmallerFractionsArePartsOfLargerOnes) {
  const Dataset dataset = make_dataset(0, 1000);
  const Dataset tenth = subset(dataset, 0.1, 3);
  const Dataset hundredth = subset(dataset, 0.01, 3);
  EXPECT_EQ(tenth.size(), 100U);
  EXPECT_EQ(hundredth.size(), 10U);
  EXPECT_EQ(shared_paths(tenth, hundredth).size(), 10U);
  EXPECT_LT(shared_paths(tenth, subset(dataset, 0.1, 4)).size(), 50U);
  EXPECT_EQ(subset(dataset, 1e-9, 0).size(), 1U);
}

TEST(Leaks, CountPatientsAndPathsAndNameOne) {
  Splits splits;
  splits.train = make_dataset(10, 5);
  EXPECT_TRUE(find_leaks(splits).empty());
  splits.test = deal(splits.train, {0.5}, 0)[1];
  for (Sample& sample : splits.test.samples) sample.path = "other/" + sample.path;
  const size_t both = shared_patients(splits.train, splits.test).size();
  ASSERT_GT(both, 1U);
  const auto leaks = find_leaks(splits);
  ASSERT_EQ(leaks.size(), 1U);
  EXPECT_EQ(leaks[0], fmt::format("{} patients in both train and test, among them {}", both,
                                  shared_patients(splits.train, splits.test)[0]));
  splits.val = make_dataset(0, 1);
  splits.val.samples[0].path = "./sub/../u000.png";
  ASSERT_EQ(find_leaks(splits).size(), 2U);
  EXPECT_EQ(find_leaks(splits)[0], "1 image file in both train and val, among them u000.png");
}

}  // namespace
}  // namespace evax::data
