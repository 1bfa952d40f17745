#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace evax::engine {

/// A fixed team of threads that runs one job at a time: the caller is member 0. Members wait by
/// spinning briefly and then sleep. Running a job takes no memory.
class Team {
 public:
  explicit Team(size_t members);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  size_t size() const { return threads_.size() + 1; }

  /// Calls job(member) on every member and returns when all are done. The job must not throw.
  template <typename Job>
  void run(const Job& job) {
    start({[](const void* context, size_t member) { (*static_cast<const Job*>(context))(member); },
           &job});
  }

  /// Inside a job: returns when every member has called it as often as this one.
  void barrier();

 private:
  struct Task {
    void (*call)(const void* context, size_t member);
    const void* context;
  };
  void start(Task task);
  void work(size_t member);

  std::vector<std::thread> threads_;
  Task task_{};
  alignas(64) std::atomic<unsigned> jobs_{0};
  alignas(64) std::atomic<size_t> arrived_{0};
  alignas(64) std::atomic<unsigned> phase_{0};
  bool stopping_ = false;
};

}  // namespace evax::engine
