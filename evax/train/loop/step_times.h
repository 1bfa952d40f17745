#pragma once

#include <cstdint>
#include <string>

namespace evax::train {

/// Seconds of training steps by what they went to. On a GPU, work is queued: its time shows where
/// the queue is waited for, in `optimizer`.
struct StepTimes {
  double data = 0;     // waiting for the loader
  double teacher = 0;  // the frozen network of pre-training
  double forward = 0, backward = 0, optimizer = 0;
  int64_t images = 0;

  double total() const { return data + teacher + forward + backward + optimizer; }
  double images_per_second() const;
  /// What came after `earlier`.
  StepTimes since(const StepTimes& earlier) const;
  /// "28.6 images/s (data 0 %, forward 30 %, backward 68 %, optimiser 2 %)"; the teacher's share
  /// where there is one.
  std::string sentence() const;
};

}  // namespace evax::train
