#include "evax/core/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace evax {
namespace {

TEST(ThreadPoolTest, PostCarriesResultsAndExceptions) {
  ThreadPool pool(2);
  EXPECT_EQ(pool.post([] { return 7; }).get(), 7);
  auto failed = pool.post([]() -> int { throw std::runtime_error("no"); });
  EXPECT_THROW(failed.get(), std::runtime_error);
}

TEST(ThreadPoolTest, ParallelForVisitsEveryIndexOnce) {
  ThreadPool pool(3);
  std::vector<std::atomic<int>> visits(1000);
  pool.parallel_for(visits.size(), [&](size_t i, size_t worker) {
    EXPECT_LT(worker, pool.size());
    ++visits[i];
  });
  for (const auto& count : visits) EXPECT_EQ(count, 1);
  pool.parallel_for(0, [](size_t, size_t) { FAIL(); });
}

TEST(ThreadPoolTest, ParallelForRethrowsAndStaysUsable) {
  ThreadPool pool(2);
  EXPECT_THROW(pool.parallel_for(100,
                                 [](size_t i, size_t) {
                                   if (i == 13) throw std::runtime_error("unlucky");
                                 }),
               std::runtime_error);
  EXPECT_EQ(pool.post([] { return 1; }).get(), 1);
}

}  // namespace
}  // namespace evax
