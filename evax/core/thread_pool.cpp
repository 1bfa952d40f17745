#include "evax/core/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>

namespace evax {

ThreadPool::ThreadPool(size_t threads) {
  const size_t count = std::max<size_t>(1, threads);
  workers_.reserve(count);
  for (size_t i = 0; i < count; ++i) workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::enqueue(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push(std::move(job));
  }
  wake_.notify_one();
}

void ThreadPool::work() {
  while (true) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop();
    }
    job();
  }
}

void ThreadPool::parallel_for(size_t count,
                              const std::function<void(size_t index, size_t worker)>& body) {
  std::atomic<size_t> next{0};
  std::vector<std::future<void>> parts;
  for (size_t worker = 0; worker < std::min(count, size()); ++worker)
    parts.push_back(post([&, worker] {
      for (size_t i = next++; i < count; i = next++) {
        try {
          body(i, worker);
        } catch (...) {
          next = count;  // the others stop at their next index
          throw;
        }
      }
    }));
  for (auto& part : parts) part.wait();  // `next` and `body` must outlive every part
  for (auto& part : parts) part.get();
}

size_t available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
    return static_cast<size_t>(CPU_COUNT(&set));
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace evax
