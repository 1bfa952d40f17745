#include "evax/core/memory_reservation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>
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

// Ready once another thread has held a share. The thread is detached, so that a share that is never
// given fails the test instead of hanging it.
std::future<void> reserve(uint64_t bytes) {
  std::promise<void> held;
  std::future<void> result = held.get_future();
  std::thread([bytes, held = std::move(held)]() mutable {
    const MemoryReservation memory(bytes);
    held.set_value();
  }).detach();
  return result;
}

constexpr std::chrono::seconds patience{30};

TEST(MemoryReservationTest, SmallSharesFitTogether) {
  const MemoryReservation one(1000);
  EXPECT_EQ(reserve(MemoryReservation::budget / 2).wait_for(patience), std::future_status::ready);
}

TEST(MemoryReservationTest, MoreThanTheBudgetWaitsForAllOfIt) {
  auto one = std::make_unique<MemoryReservation>(1);
  const std::future<void> all = reserve(UINT64_MAX);
  EXPECT_EQ(all.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  one.reset();
  EXPECT_EQ(all.wait_for(patience), std::future_status::ready);
}

}  // namespace
}  // namespace evax
