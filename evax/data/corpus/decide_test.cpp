#include "evax/data/corpus/decide.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "evax/data/corpus/plan.h"

namespace evax::data {
namespace {

PerceptualHash flipped(PerceptualHash hash, std::mt19937_64& random, uint64_t most) {
  for (uint64_t i = random() % (most + 1); i > 0; --i) {
    const auto bit = random() % 256;
    hash[bit / 64] ^= uint64_t{1} << (bit % 64);
  }
  return hash;
}

Mark mark(uint64_t pixels, const PerceptualHash& hash) {
  Mark made;
  made.pixels = {pixels, 0, 0, 0};
  made.hash = hash;
  return made;
}

struct Crowd {
  std::vector<Mark> images, tests;
  std::vector<uint32_t> patients;
  std::vector<bool> whole_patient;
  Candidates candidates() const { return {images, patients, tests, whole_patient}; }
};

// Images around a few centres, some of them the same, constant or unreadable.
Crowd crowd(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<PerceptualHash> centres(30);
  for (PerceptualHash& centre : centres) centre = {random(), random(), random(), random()};
  Crowd made;
  for (int i = 0; i < 400; ++i) {
    made.images.push_back(
        mark(random() % 300, flipped(centres[random() % centres.size()], random, 20)));
    if (random() % 20 == 0) made.images.back().hash.reset();
    if (random() % 20 == 0) made.images.back().problem = "broken";
    made.patients.push_back(static_cast<uint32_t>(random() % 60));
  }
  for (int i = 0; i < 12; ++i) {
    made.tests.push_back(mark(0, flipped(centres[random() % centres.size()], random, 10)));
    made.whole_patient.push_back(random() % 2 == 0);
  }
  made.tests[3].hash.reset();
  return made;
}

// The rules, one image after the other, every pair looked at.
std::vector<std::string> all_pairs(const Crowd& all, const DecideOptions& options) {
  std::vector<std::string> reasons(all.images.size());
  std::set<uint32_t> patients;
  const auto near = [](const Mark& a, const Mark& b, int bits) {
    return a.hash && b.hash && distance(*a.hash, *b.hash) <= bits;
  };
  for (size_t i = 0; i < all.images.size(); ++i) {
    const Mark& image = all.images[i];
    if (!image.problem.empty())
      reasons[i] = "unreadable";
    else if (!image.hash)
      reasons[i] = "constant";
    if (!reasons[i].empty()) continue;
    int best = 257;
    bool whole = false;
    for (size_t j = 0; j < all.tests.size(); ++j)
      if (near(image, all.tests[j], options.test_distance) &&
          distance(*image.hash, *all.tests[j].hash) < best) {
        best = distance(*image.hash, *all.tests[j].hash);
        whole = all.whole_patient[j];
      }
    if (best < 257) reasons[i] = "test_image";
    if (whole && all.patients[i] != 0) patients.insert(all.patients[i]);
  }
  for (size_t i = 0; i < all.images.size(); ++i)
    if (reasons[i].empty() && patients.contains(all.patients[i])) reasons[i] = "test_patient";
  for (size_t i = 0; options.identical && i < all.images.size(); ++i)
    for (size_t j = 0; j < i && reasons[i].empty(); ++j)
      if (reasons[j].empty() && all.images[j].pixels == all.images[i].pixels)
        reasons[i] = "identical";
  for (size_t i = 0; options.near && i < all.images.size(); ++i)
    for (size_t j = 0; j < i && reasons[i].empty(); ++j)
      if (reasons[j].empty() && near(all.images[j], all.images[i], options.duplicate_distance))
        reasons[i] = "near_identical";
  return reasons;
}

TEST(Decide, AgreesWithLookingAtAllPairs) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    const Crowd all = crowd(seed);
    const DecideOptions options{.test_distance = static_cast<int>(seed % 3) * 7,
                                .identical = seed % 4 != 1,
                                .near = seed % 4 < 2,
                                .duplicate_distance = static_cast<int>(seed)};
    ThreadPool pool(1 + seed % 3);
    const std::vector<std::string> expected = all_pairs(all, options);
    const std::vector<Decision> found = decide(all.candidates(), options, pool);
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(found[i].reason, expected[i]) << seed << ' ' << i;
      seen.insert(expected[i]);
      const Mark &image = all.images[i], &other = all.images[found[i].other];
      if (expected[i] == identical) {
        EXPECT_LT(found[i].other, i);
        EXPECT_EQ(other.pixels, image.pixels);
        EXPECT_NE(expected[found[i].other], identical);
      } else if (expected[i] == near_copy) {
        EXPECT_LT(found[i].other, i);
        EXPECT_EQ(expected[found[i].other], "");
        EXPECT_EQ(found[i].bits, distance(*image.hash, *other.hash));
      }
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "unreadable", "constant", "test_image", "test_patient",
                                         "identical", "near_identical"}));
}

TEST(Decide, TheNearestTestImageIsNamed) {
  std::mt19937_64 random(1);
  Crowd all;
  all.images = {mark(1, {7, 0, 0, 0})};
  all.patients = {0};
  all.tests = {mark(0, {0, 0, 0, 0}), mark(0, {3, 0, 0, 0}), mark(0, {5, 0, 0, 0})};
  all.whole_patient = {true, true, true};
  ThreadPool pool(2);
  const Decision found = decide(all.candidates(), {.test_distance = 24}, pool)[0];
  EXPECT_EQ(found.reason, std::string(test_image));
  EXPECT_EQ(found.other, 1U);
  EXPECT_EQ(found.bits, 1);
}

}  // namespace
}  // namespace evax::data
