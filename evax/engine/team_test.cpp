#include "evax/engine/team.h"

#include <gtest/gtest.h>

#include <vector>

namespace evax::engine {
namespace {

TEST(Team, RunsAJobOnceOnEveryMember) {
  for (const size_t size : {1, 2, 5}) {
    Team team(size);
    ASSERT_EQ(team.size(), size);
    std::vector<int> runs(size);
    for (int i = 0; i < 200; ++i) team.run([&](size_t member) { ++runs[member]; });
    EXPECT_EQ(runs, std::vector<int>(size, 200));
  }
}

TEST(Team, BarrierOrdersPhases) {
  Team team(4);
  std::vector<int> values(4);
  std::vector<int> sums(4);
  for (int round = 1; round <= 200; ++round)
    team.run([&](size_t member) {
      values[member] = round;
      team.barrier();
      sums[member] = 0;
      for (const int value : values) sums[member] += value;
      team.barrier();
      values[member] = -1;
    });
  EXPECT_EQ(sums, std::vector<int>(4, 800));
}

}  // namespace
}  // namespace evax::engine
