#include "evax/data/loader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <set>
#include <thread>

#include "evax/core/error.h"
#include "evax/core/random.h"
#include "evax/image/write.h"

namespace evax::data {
namespace {

namespace fs = std::filesystem;

// PNG files whose single grey level is their number, in a folder of the test's own.
class LoaderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("evax_loader_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Dataset dataset(size_t size) {
    Dataset made;
    made.classes = {"a", "b"};
    made.source = "test";
    for (size_t i = 0; i < size; ++i) {
      const std::string path = (folder_ / (std::to_string(i) + ".png")).string();
      image::write_png(path, {2, 2, 1, std::vector<uint8_t>(4, static_cast<uint8_t>(i))});
      made.samples.push_back({path, "", {static_cast<float>(i % 2), NAN}});
    }
    return made;
  }

  void break_file(const Dataset& data, size_t sample) { fs::remove(data.samples[sample].path); }

  fs::path folder_;
};

// A 1 x 1 "image": level, epoch and draw.
void tell(const image::Image& image, const Key& key, float* out) {
  out[0] = image.pixels[0];
  out[1] = static_cast<float>(key.epoch);
  out[2] = static_cast<float>(key.sample);
}

LoaderOptions options(size_t batch_size, size_t workers = 3) {
  LoaderOptions made;
  made.batch_size = batch_size;
  made.shape = {3, 1, 1};
  made.seed = 7;
  made.workers = workers;
  return made;
}

std::vector<Batch> all(Loader& loader, uint32_t epoch, size_t first = 0) {
  std::vector<Batch> batches;
  loader.start(epoch, first);
  for (Batch batch; loader.next(batch);) batches.push_back(std::move(batch));
  return batches;
}

std::vector<uint32_t> samples_of(const std::vector<Batch>& batches) {
  std::vector<uint32_t> samples;
  for (const Batch& batch : batches)
    samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
  return samples;
}

TEST(EpochOrder, IsAPermutationThatSeedAndEpochFix) {
  const auto order = epoch_order(1000, 1, 2, true);
  EXPECT_EQ(std::set<uint32_t>(order.begin(), order.end()).size(), 1000U);
  EXPECT_EQ(*std::max_element(order.begin(), order.end()), 999U);
  EXPECT_EQ(order, epoch_order(1000, 1, 2, true));
  EXPECT_NE(order, epoch_order(1000, 1, 3, true));
  EXPECT_NE(order, epoch_order(1000, 2, 2, true));
  EXPECT_EQ(epoch_order(4, 1, 2, false), (std::vector<uint32_t>{0, 1, 2, 3}));
}

TEST_F(LoaderTest, GivesPicturesTargetsAndKeysOfTheirSamples) {
  const Dataset data = dataset(10);
  Loader loader(data, tell, options(3));
  EXPECT_EQ(loader.batches(), 3U);
  const auto batches = all(loader, 5);
  ASSERT_EQ(batches.size(), 3U);
  for (const Batch& batch : batches) {
    EXPECT_EQ(batch.images.shape(), (Shape{3, 3, 1, 1}));
    EXPECT_EQ(batch.targets.shape(), (Shape{3, 2}));
    EXPECT_TRUE(batch.unreadable.empty());
    for (size_t row = 0; row < 3; ++row) {
      const auto sample = static_cast<float>(batch.samples[row]);
      EXPECT_EQ(batch.images.floats()[3 * row], sample);
      EXPECT_EQ(batch.images.floats()[3 * row + 1], 5);
      EXPECT_EQ(batch.images.floats()[3 * row + 2], sample);
      EXPECT_EQ(batch.targets.floats()[2 * row], static_cast<float>(batch.samples[row] % 2));
      EXPECT_TRUE(std::isnan(batch.targets.floats()[2 * row + 1]));
    }
  }
}

TEST_F(LoaderTest, MulticlassTargetsAreOneHotAndUnlabelledOnesDoNotCount) {
  Dataset data = dataset(2);
  data.task = weights::Task::multiclass;
  data.samples[0].labels = data.samples[1].labels = {};
  data.samples[0].label = 1;
  LoaderOptions given = options(2);
  given.shuffle = false;
  Loader loader(data, tell, given);
  const auto batches = all(loader, 0);
  const auto targets = batches.at(0).targets.floats();
  EXPECT_EQ(targets[0], 0);
  EXPECT_EQ(targets[1], 1);
  EXPECT_TRUE(std::isnan(targets[2]) && std::isnan(targets[3]));
}

TEST_F(LoaderTest, ListsWithoutClassesHaveNoTargets) {
  Dataset data = dataset(4);
  data.classes = {};
  for (Sample& sample : data.samples) sample.labels = {};
  Loader loader(data, tell, options(2));
  const auto batches = all(loader, 0);
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[1].targets.shape(), (Shape{2, 0}));
}

TEST_F(LoaderTest, NeitherThreadsNorRanksNorARestartChangeTheGlobalBatches) {
  const Dataset data = dataset(50);
  Loader one(data, tell, options(8, 1));
  const auto wanted = samples_of(all(one, 1));
  EXPECT_EQ(wanted.size(), 48U);
  EXPECT_EQ(wanted, [&] {
    const auto order = epoch_order(50, 7, 1, true);
    return std::vector<uint32_t>(order.begin(), order.begin() + 48);
  }());
  Loader many(data, tell, options(8, 8));
  EXPECT_EQ(samples_of(all(many, 1)), wanted);

  std::vector<std::vector<Batch>> ranks;
  for (size_t rank = 0; rank < 2; ++rank) {
    LoaderOptions given = options(4);
    given.rank = rank;
    given.ranks = 2;
    Loader loader(data, tell, given);
    ranks.push_back(all(loader, 1));
  }
  std::vector<uint32_t> dealt;
  for (size_t i = 0; i < ranks[0].size(); ++i)
    for (const auto& rank : ranks)
      dealt.insert(dealt.end(), rank[i].samples.begin(), rank[i].samples.end());
  EXPECT_EQ(dealt, wanted);

  many.start(0);
  Batch batch;
  EXPECT_TRUE(many.next(batch));
  const auto resumed = samples_of(all(many, 1, 4));
  EXPECT_EQ(resumed, std::vector<uint32_t>(wanted.begin() + 32, wanted.end()));
}

TEST_F(LoaderTest, EvaluationDealsEverySampleOnce) {
  for (const size_t size : {11U, 12U, 13U, 15U, 16U}) {
    const Dataset data = dataset(size);
    std::multiset<uint32_t> seen;
    for (size_t rank = 0; rank < 2; ++rank) {
      LoaderOptions given = options(2);
      given.drop_last = given.shuffle = false;
      given.rank = rank;
      given.ranks = 2;
      Loader loader(data, tell, given);
      const auto batches = all(loader, 0);
      EXPECT_EQ(batches.size(), loader.batches());
      for (const uint32_t sample : samples_of(batches)) seen.insert(sample);
      for (const Batch& batch : batches) EXPECT_FALSE(batch.samples.empty());
    }
    EXPECT_EQ(seen.size(), size);
    EXPECT_EQ(std::set<uint32_t>(seen.begin(), seen.end()).size(), size);
  }
}

TEST_F(LoaderTest, RepeatedSamplesAreDrawnWithKeysOfTheirOwn) {
  const Dataset data = dataset(5);
  LoaderOptions given = options(10);
  given.epoch_length = 20;
  given.sampling = Sampling::modulo;
  Loader loader(data, tell, given);
  std::multiset<uint32_t> seen;
  std::set<float> keys;
  for (const Batch& batch : all(loader, 0))
    for (size_t row = 0; row < 10; ++row) {
      seen.insert(batch.samples[row]);
      keys.insert(batch.images.floats()[3 * row + 2]);
    }
  for (uint32_t sample = 0; sample < 5; ++sample) EXPECT_EQ(seen.count(sample), 4U);
  EXPECT_EQ(keys.size(), 20U);
}

TEST_F(LoaderTest, ChexpertsEpochIsATwentiethFromTheFirstHalf) {
  const Dataset data = dataset(100);
  LoaderOptions given = options(5);
  given.epoch_length = chexpert_epoch_length(100);
  given.sampling = Sampling::chexpert_half;
  Loader loader(data, tell, given);
  std::set<uint32_t> seen;
  for (uint32_t epoch = 0; epoch < 60; ++epoch) {
    const auto samples = samples_of(all(loader, epoch));
    ASSERT_EQ(samples.size(), 5U);
    std::set<uint32_t> residues;  // draw i is one of i, i + 5, ... i + 45
    for (const uint32_t sample : samples) residues.insert(sample % 5);
    EXPECT_EQ(residues.size(), 5U);
    seen.insert(samples.begin(), samples.end());
  }
  EXPECT_LT(*seen.rbegin(), 50U);
  EXPECT_GT(seen.size(), 40U);
}

TEST_F(LoaderTest, UnreadableSamplesAreReplacedAndListedAlikeOnAnyThreadCount) {
  const Dataset data = dataset(20);
  break_file(data, 3);
  break_file(data, 11);
  Loader one(data, tell, options(5, 1)), many(data, tell, options(5, 7));
  const auto first = all(one, 0), second = all(many, 0);
  EXPECT_EQ(samples_of(first), samples_of(second));
  std::set<uint32_t> listed;
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].unreadable, second[i].unreadable);
    for (const auto& [sample, reason] : first[i].unreadable) {
      listed.insert(sample);
      EXPECT_NE(reason.find(data.samples[sample].path), std::string::npos);
    }
    for (size_t row = 0; row < 5; ++row)
      EXPECT_EQ(first[i].images.floats()[3 * row], static_cast<float>(first[i].samples[row]));
  }
  EXPECT_EQ(listed, (std::set<uint32_t>{3, 11}));
  for (const uint32_t sample : samples_of(first)) EXPECT_TRUE(sample != 3 && sample != 11);
}

TEST_F(LoaderTest, UnreadableSamplesOfAnEvaluationDoNotCount) {
  const Dataset data = dataset(4);
  break_file(data, 2);
  LoaderOptions given = options(4);
  given.shuffle = given.replace = false;
  Loader loader(data, tell, given);
  const auto batches = all(loader, 0);
  const Batch& batch = batches.at(0);
  EXPECT_EQ(batch.samples, (std::vector<uint32_t>{0, 1, 2, 3}));
  ASSERT_EQ(batch.unreadable.size(), 1U);
  EXPECT_EQ(batch.unreadable[0].first, 2U);
  for (size_t row = 0; row < 4; ++row)
    EXPECT_EQ(std::isnan(batch.targets.floats()[2 * row]), row == 2);
  EXPECT_EQ(batch.images.floats()[3 * 3], 3);
}

TEST_F(LoaderTest, NoReadableSampleAtAllIsAnError) {
  const Dataset data = dataset(3);
  for (size_t i = 0; i < 3; ++i) break_file(data, i);
  Loader loader(data, tell, options(1));
  loader.start(0);
  Batch batch;
  EXPECT_THROW(loader.next(batch), Error);
}

TEST_F(LoaderTest, WhatAWorkerThrowsReachesNext) {
  const Dataset data = dataset(8);
  Loader loader(
      data,
      [](const image::Image& image, const Key&, float*) {
        if (image.pixels[0] == 5) throw std::out_of_range("a defect");
      },
      options(4));
  size_t thrown = 0, given = 0;
  loader.start(0);
  for (Batch batch; given + thrown < 2;) {
    try {
      loader.next(batch);
      ++given;
    } catch (const std::out_of_range&) {
      ++thrown;
    }
  }
  EXPECT_EQ(thrown, 1U);
}

TEST_F(LoaderTest, ReadsAheadNoMoreThanAsked) {
  const Dataset data = dataset(100);
  std::atomic<size_t> made{0};
  LoaderOptions given = options(4);
  given.ahead = 3;
  Loader loader(data, [&](const image::Image&, const Key&, float*) { ++made; }, given);
  loader.start(0);
  while (made < 12) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(made, 12U);
}

TEST_F(LoaderTest, EndsPromptlyWithWorkLeft) {
  const Dataset data = dataset(100);
  std::atomic<size_t> begun{0};
  const auto slow = [&](const image::Image&, const Key&, float*) {
    ++begun;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  {
    Loader loader(data, slow, options(50, 2));
    loader.start(0);
    while (begun < 2) std::this_thread::yield();
  }
  EXPECT_LT(begun, 50U);  // of the 100 that it would read ahead
}

// The data set as a segmentation list: a mask is 1 in as many of its pixels as its number,
// modulo 5.
void add_masks(const fs::path& folder, Dataset& data) {
  data.task = weights::Task::segmentation;
  data.classes = {"lung"};
  for (size_t i = 0; i < data.size(); ++i) {
    std::vector<uint8_t> pixels(4);
    std::fill_n(pixels.begin(), i % 5, 1);
    data.samples[i].labels = {};
    data.samples[i].mask = (folder / (std::to_string(i) + "_mask.png")).string();
    image::write_png(data.samples[i].mask, {2, 2, 1, pixels});
  }
}

void tell_mask(const image::Image& image, const Mask& mask, const Key& key, float* out,
               uint8_t* mask_out) {
  tell(image, key, out);
  mask_out[0] = static_cast<uint8_t>(std::count(mask.pixels.begin(), mask.pixels.end(), 1));
}

uint8_t mask_row(const Batch& batch, size_t row) {
  return std::to_integer<uint8_t>(batch.masks.bytes()[row]);
}

TEST_F(LoaderTest, MasksLieBesideTheirImages) {
  Dataset data = dataset(23);
  add_masks(folder_, data);
  std::vector<uint32_t> order;
  for (const size_t workers : {1, 4}) {
    Loader loader(data, tell_mask, options(4, workers));
    std::vector<uint32_t> samples;
    for (const Batch& batch : all(loader, 2)) {
      ASSERT_EQ(batch.masks.shape(), (Shape{4, 1, 1}));
      for (size_t row = 0; row < 4; ++row) {
        EXPECT_EQ(batch.images.floats()[row * 3], static_cast<float>(batch.samples[row]));
        EXPECT_EQ(mask_row(batch, row), batch.samples[row] % 5);
        samples.push_back(batch.samples[row]);
      }
    }
    if (order.empty()) order = samples;
    EXPECT_EQ(samples, order);
  }
  EXPECT_EQ(order.size(), 20U);
}

TEST_F(LoaderTest, AnUnreadableMaskIsAnUnreadableSample) {
  Dataset data = dataset(6);
  add_masks(folder_, data);
  image::write_png(data.samples[3].mask, {3, 1, 1, {0, 1, 0}});  // of another size
  LoaderOptions given = options(6);
  Loader loader(data, tell_mask, given);
  const Batch replaced = all(loader, 0).at(0);
  ASSERT_EQ(replaced.unreadable.size(), 1U);
  EXPECT_EQ(replaced.unreadable[0].first, 3U);
  for (size_t row = 0; row < 6; ++row)
    EXPECT_EQ(mask_row(replaced, row), replaced.samples[row] % 5);

  given.replace = given.shuffle = false;
  Loader scoring(data, tell_mask, given);
  const Batch kept = all(scoring, 0).at(0);
  EXPECT_EQ(kept.samples[3], 3U);
  EXPECT_EQ(mask_row(kept, 3), ignored_pixel);
  EXPECT_EQ(mask_row(kept, 4), 4);
}

TEST_F(LoaderTest, BatchesOfOtherListsHaveNoMasks) {
  const Dataset data = dataset(4);
  Loader loader(data, tell, options(4));
  EXPECT_EQ(all(loader, 0).at(0).masks.elements(), 0);
  EXPECT_THROW(Loader(data, tell_mask, options(4)), std::logic_error);
}

TEST_F(LoaderTest, RefusesLabelsThatDoNotFitTheClasses) {
  Dataset data = dataset(2);
  data.samples[1].labels = {1};
  EXPECT_THROW(Loader(data, tell, options(1)), Error);
  data = dataset(2);
  data.samples.clear();
  EXPECT_THROW(Loader(data, tell, options(1)), Error);
}

}  // namespace
}  // namespace evax::data
