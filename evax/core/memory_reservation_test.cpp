#include "evax/core/memory_reservation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace evax {
namespace {

TEST(MemoryReservationTest, NeverMoreThanTheBudgetAtOnce) {
  constexpr uint64_t share = MemoryReservation::budget / 2 + 1;  // two do not fit
  std::atomic<int> holders{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        const MemoryReservation memory(share);
        EXPECT_EQ(++holders, 1);
        --holders;
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST(MemoryReservationTest, SmallSharesFitTogetherAndTooLargeOnesGoAlone) {
  {
    const MemoryReservation one(1000);
    const MemoryReservation other(MemoryReservation::budget / 2);
  }
  const MemoryReservation all(UINT64_MAX);
}

}  // namespace
}  // namespace evax
