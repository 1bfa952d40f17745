#include "evax/core/memory_reservation.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace evax {
namespace {

std::mutex mutex;
std::condition_variable released;
uint64_t reserved = 0;

}  // namespace

MemoryReservation::MemoryReservation(uint64_t bytes) : bytes_(std::min(bytes, budget)) {
  std::unique_lock lock(mutex);
  released.wait(lock, [this] { return reserved + bytes_ <= budget; });
  reserved += bytes_;
}

MemoryReservation::~MemoryReservation() {
  {
    const std::lock_guard lock(mutex);
    reserved -= bytes_;
  }
  released.notify_all();
}

}  // namespace evax
