#pragma once

#include <cstdint>

namespace evax {

/// A share of the memory that decoding images may take in this process. The constructor waits until
/// the shares held by other threads leave room, so that large files read on many threads go one
/// after the other instead of past the budget. A thread holds one at a time, hence no deadlock.
class MemoryReservation {
 public:
  static constexpr uint64_t budget = uint64_t{960} << 20;

  /// More than the budget counts as all of it.
  explicit MemoryReservation(uint64_t bytes);
  ~MemoryReservation();
  MemoryReservation(const MemoryReservation&) = delete;
  MemoryReservation& operator=(const MemoryReservation&) = delete;

 private:
  uint64_t bytes_;
};

}  // namespace evax
