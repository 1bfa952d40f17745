#include "evax/engine/team.h"

#include <algorithm>

namespace evax::engine {
namespace {

// About 20 microseconds: longer than members of an undisturbed team wait for each other, short
// enough not to take the core from another process for long.
constexpr int spins = 4000;

void wait_while(const std::atomic<unsigned>& value, unsigned old) {
  for (int i = 0; i < spins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(size_t members) {
  for (size_t member = 1; member < members; ++member)
    threads_.emplace_back([this, member] { work(member); });
}

Team::~Team() {
  stopping_ = true;
  ++jobs_;
  jobs_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::start(Task task) {
  if (threads_.empty()) return task.call(task.context, 0);
  task_ = task;
  ++jobs_;
  jobs_.notify_all();
  task.call(task.context, 0);
  barrier();
}

void Team::work(size_t member) {
  for (unsigned seen = 0;; ++seen) {
    wait_while(jobs_, seen);
    if (stopping_) return;
    task_.call(task_.context, member);
    barrier();
  }
}

void Team::barrier() {
  if (threads_.empty()) return;
  const unsigned phase = phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size()) {
    arrived_.store(0, std::memory_order_relaxed);
    phase_.fetch_add(1, std::memory_order_release);
    phase_.notify_all();
  } else {
    wait_while(phase_, phase);
  }
}

}  // namespace evax::engine
