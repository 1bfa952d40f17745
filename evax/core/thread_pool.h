#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace evax {

/// A fixed set of worker threads that run posted jobs in order of arrival. Thread-safe.
/// The destructor finishes what was posted.
class ThreadPool {
 public:
  /// `threads` workers, at least one.
  explicit ThreadPool(size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t size() const { return workers_.size(); }

  /// Runs `job` on a worker; the future carries its result or its exception.
  template <typename Job>
  auto post(Job job) -> std::future<decltype(job())> {
    auto task = std::make_shared<std::packaged_task<decltype(job())()>>(std::move(job));
    auto result = task->get_future();
    enqueue([task] { (*task)(); });
    return result;
  }

  /// Calls body(index, worker) for every index in [0, count), worker < size(); returns when all are
  /// done. Rethrows the first exception. Must not be called from a job of the same pool.
  void parallel_for(size_t count, const std::function<void(size_t index, size_t worker)>& body);

 private:
  void enqueue(std::function<void()> job);
  void work();

  std::vector<std::thread> workers_;
  std::queue<std::function<void()>> jobs_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
};

/// Number of hardware threads this process may use (its CPU affinity), at least 1.
size_t available_threads();

}  // namespace evax
