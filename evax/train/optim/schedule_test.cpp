#include "evax/train/optim/schedule.h"

#include <gtest/gtest.h>

#include "evax/core/error.h"
#include "evax/train/testing/fixtures.h"

namespace evax::train {
namespace {

using testing::fixture;
using testing::read_json;

// PyTorch's schedulers, with C.2's warm-up.
TEST(Schedule, EqualsPyTorch) {
  const auto oracle = read_json(fixture("schedules.json"));
  for (const std::string schedule : {"constant", "cosine", "linear", "poly"}) {
    OptimRecipe optim;
    optim.lr = oracle["lr"];
    optim.schedule = schedule;
    optim.min_lr = schedule == "poly" ? 0.0 : oracle["min_lr"].get<double>();
    optim.warmup_epochs = schedule == "poly" ? 0.0 : oracle["warmup_epochs"].get<double>();
    optim.poly_power = 2;
    const int64_t steps = oracle["steps"];
    ASSERT_EQ(oracle[schedule].size(), static_cast<size_t>(steps));
    for (int64_t step = 0; step < steps; ++step)
      EXPECT_NEAR(learning_rate(optim, step, oracle["steps_per_epoch"], steps),
                  oracle[schedule][step].get<double>(), 1e-15)
          << schedule << " " << step;
  }
}

// mmcv 1.7.1's poly by epoch with warm-up, from the official segmentation configurations.
TEST(Schedule, EqualsMmcvByEpoch) {
  const std::string path = std::string(EVAX_SHARED_DIR) + "/fixtures/seg/";
  if (!std::ifstream(path + "schedule.json")) GTEST_SKIP() << path << " is not here";
  OptimRecipe optim;
  optim.lr = 6e-5;
  optim.schedule = "poly";
  optim.poly_by = "epoch";
  optim.warmup_steps = 10;
  optim.warmup_ratio = 1e-6;
  const auto runs = read_json(path + "schedule.json");
  for (const std::string name : {"rsna_10ep", "siim_50ep", "shenzhen_50ep"}) {
    ASSERT_TRUE(runs.contains(name)) << name;
    const auto& run = runs[name];
    const int64_t per_epoch = run["iterations_per_epoch"];
    const int64_t steps = per_epoch * run["epochs"].get<int64_t>();
    for (size_t step = 0; step < run["first30"].size(); ++step)
      EXPECT_NEAR(learning_rate(optim, static_cast<int64_t>(step), per_epoch, steps),
                  run["first30"][step].get<double>(), 1e-18)
          << name << " " << step;
    for (const auto& [step, rate] : run["epoch_boundaries"].items())
      EXPECT_NEAR(learning_rate(optim, std::stoll(step), per_epoch, steps), rate.get<double>(),
                  1e-18)
          << name << " " << step;
  }
  // Warm-up over more than two epochs: both factors count.
  const auto train = read_json(path + "tiny_seg_train.json");
  optim.lr = 1e-3;
  const auto& rates = train["lr_of_scale1_group"];
  for (size_t step = 0; step < rates.size(); ++step)
    EXPECT_NEAR(learning_rate(optim, static_cast<int64_t>(step), 4, 12), rates[step].get<double>(),
                1e-17)
        << step;
}

// Spec C.2 by hand: 10 epochs of 8 steps, 1 of warm-up; step 4 is half of it.
TEST(Schedule, WarmsUpByFractionsOfAnEpoch) {
  OptimRecipe optim;
  optim.lr = 1e-3;
  optim.warmup_epochs = 1;
  EXPECT_EQ(learning_rate(optim, 0, 8, 80), 0);
  EXPECT_DOUBLE_EQ(learning_rate(optim, 4, 8, 80), 5e-4);
  EXPECT_DOUBLE_EQ(learning_rate(optim, 7, 8, 80), 8.75e-4);
  EXPECT_DOUBLE_EQ(learning_rate(optim, 8, 8, 80), 1e-3);
  EXPECT_DOUBLE_EQ(learning_rate(optim, 79, 8, 80), 1e-3);
  optim.warmup_steps = 2;  // wins
  EXPECT_DOUBLE_EQ(learning_rate(optim, 1, 8, 80), 5e-4);
  EXPECT_DOUBLE_EQ(learning_rate(optim, 2, 8, 80), 1e-3);
}

TEST(Schedule, StaysFiniteAtTheEdges) {
  OptimRecipe optim;
  optim.warmup_epochs = 3;  // longer than the training
  for (const std::string schedule : {"constant", "cosine", "linear", "poly"}) {
    optim.schedule = schedule;
    for (const int64_t step : {0, 1, 9, 10, 11}) {
      const double rate = learning_rate(optim, step, 5, 10);
      EXPECT_TRUE(rate >= 0 && rate <= optim.lr) << schedule << " " << step << ": " << rate;
    }
  }
  optim.schedule = "cosin";
  EXPECT_THROW(learning_rate(optim, 0, 5, 10), Error);
}

}  // namespace
}  // namespace evax::train
