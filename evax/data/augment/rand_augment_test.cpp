#include "evax/data/augment/rand_augment.h"

#include <array>

#include "evax/core/error.h"
#include "evax/data/augment/test_support.h"

namespace evax::data {
namespace {

TEST(RandAugmentTest, ReadsTimmsStrings) {
  const RandAugment policy = parse_rand_augment("rand-m6-mstd0.5-inc1");
  EXPECT_EQ(policy.magnitude, 6);
  EXPECT_EQ(policy.deviation, 0.5);
  EXPECT_EQ(policy.layers, 2);
  EXPECT_TRUE(policy.increasing);
  const RandAugment plain = parse_rand_augment("rand");
  EXPECT_EQ(plain.magnitude, 10);
  EXPECT_EQ(plain.deviation, 0);
  EXPECT_FALSE(plain.increasing);
  EXPECT_EQ(parse_rand_augment("rand-n3-m9").layers, 3);
}

TEST(RandAugmentTest, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"", "augmix-m3", "random", "rand--m6", "rand-m", "rand-m6.5", "rand-m11", "rand-m-1",
        "rand-w0", "rand-mstd", "rand-mstdnan", "rand-mstd0.5x", "rand-n0", "rand-n99", "rand-inc0",
        "rand-p0.5", "rand-m99999999999999999999"}) {
    EXPECT_THROW(parse_rand_augment(text), Error) << text;
  }
}

TEST(RandAugmentTest, DrawsFollowTheirDistributions) {
  const RandAugment policy = parse_rand_augment("rand-m6-mstd0.5-inc1");
  constexpr int pictures = 30000;
  std::array<int, 3> applied{};
  std::array<int, operation_count> of_operation{};
  double steps = 0, levels = 0, squares = 0, negated = 0;
  for (uint32_t sample = 0; sample < pictures; ++sample) {
    Random random(7, 0, sample, Draw::auto_augment);
    const auto drawn = draw_steps(policy, random);
    ++applied.at(drawn.size());
    for (const Step& step : drawn) {
      ++of_operation.at(static_cast<size_t>(step.operation));
      ++steps;
      levels += step.level;
      squares += (step.level - 6) * (step.level - 6);
      negated += step.negate;
    }
  }
  testing::expect_frequency(applied[0], pictures, 0.25);
  testing::expect_frequency(applied[1], pictures, 0.5);
  testing::expect_frequency(applied[2], pictures, 0.25);
  for (const int count : of_operation) testing::expect_frequency(count, steps, 1.0 / 15);
  testing::expect_frequency(negated, steps, 0.5);
  testing::expect_mean(levels, steps, 6, 0.5);
  // A squared normal deviate has mean s^2 and standard deviation sqrt(2) s^2.
  testing::expect_mean(squares, steps, 0.25, 0.25 * std::sqrt(2.0));
}

TEST(RandAugmentTest, OperationsAreDrawnWithReplacement) {
  const RandAugment policy{.magnitude = 6, .deviation = 0, .layers = 2, .increasing = true};
  double pairs = 0, equal = 0;
  for (uint32_t sample = 0; sample < 40000; ++sample) {
    Random random(8, 1, sample, Draw::auto_augment);
    const auto drawn = draw_steps(policy, random);
    if (drawn.size() != 2) continue;
    ++pairs;
    equal += drawn[0].operation == drawn[1].operation;
  }
  testing::expect_frequency(equal, pairs, 1.0 / 15);
}

TEST(RandAugmentTest, MagnitudesAreClippedAtBothEnds) {
  // m = 10 with a deviation of 10: half of all draws above 10, Phi(-1) = 0.158655 below 0.
  const RandAugment policy{.magnitude = 10, .deviation = 10};
  double steps = 0, low = 0, high = 0;
  for (uint32_t sample = 0; sample < 20000; ++sample) {
    Random random(9, 0, sample, Draw::auto_augment);
    for (const Step& step : draw_steps(policy, random)) {
      ++steps;
      low += step.level == 0;
      high += step.level == 10;
      EXPECT_TRUE(step.level >= 0 && step.level <= 10);
    }
  }
  testing::expect_frequency(low, steps, 0.158655);
  testing::expect_frequency(high, steps, 0.5);
}

TEST(RandAugmentTest, ArgumentsAtMagnitudeSixAreTheTables) {
  const auto argument = [](Operation operation, bool negate) {
    return argument_of({operation, 6, negate}, true);
  };
  EXPECT_DOUBLE_EQ(argument(Operation::rotate, true), -18);
  EXPECT_EQ(argument(Operation::posterize, false), 2);
  EXPECT_EQ(argument(Operation::solarize, false), 103);
  EXPECT_EQ(argument(Operation::solarize_add, false), 66);
  EXPECT_DOUBLE_EQ(argument(Operation::contrast, false), 1.54);
  EXPECT_DOUBLE_EQ(argument(Operation::contrast, true), 0.46);
  EXPECT_DOUBLE_EQ(argument(Operation::shear_y, false), 0.18);
  EXPECT_DOUBLE_EQ(argument(Operation::translate_x, true), -0.27);
}

}  // namespace
}  // namespace evax::data
