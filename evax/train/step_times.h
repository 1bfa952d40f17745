#pragma once

#include <cstdint>
#include <string>

namespace evax::train {

/// Seconds of training steps by what they went to. On a GPU, work is queued: its time shows where
/// the queue is waited for, in `optimizer`.
struct StepTimes {
  double data = 0;  // waiting for the loader
  double forward = 0, backward = 0, optimizer = 0;
  int64_t images = 0;

  double total() const { return data + forward + backward + optimizer; }
  double images_per_second() const;
  /// What came after `earlier`.
  StepTimes since(const StepTimes& earlier) const;
  /// "28.6 images/s (data 0 %, forward 30 %, backward 68 %, optimiser 2 %)"
  std::string sentence() const;
};

}  // namespace evax::train
