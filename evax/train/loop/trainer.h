#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "evax/train/loop/distributed.h"
#include "evax/train/loop/learner.h"
#include "evax/train/run/run_log.h"

namespace evax::train {

/// From now on SIGINT and SIGTERM ask a training to save and end instead of ending the process.
void save_on_signals();
/// Whether one of them came.
bool stop_requested();

/// The loop of every training: micro-steps, accumulation, gradients over ranks, clipping, the
/// update, checkpoints, the log (design.md, Resume). A run that was killed at any moment and
/// continues gives the bytes of one that was not (one process, CPU).
class Trainer {
 public:
  /// `folder` is the run folder; only rank 0 writes there.
  Trainer(const Recipe& recipe, Learner& learner, data::Loader& loader, Distributed& distributed,
          std::string folder);
  ~Trainer();

  int64_t step() const;    // updates done
  int64_t steps() const;   // updates in the whole training
  int64_t epochs() const;  // begun by them

  /// Goes on from the newest checkpoint of the folder, of a run with any number of processes; false
  /// when there is none. Throws Error when its steps have another number of images than this run's
  /// and `force` is not set.
  bool resume(bool force);

  /// Called at the end of an epoch, averaged weights in place where EMA is on.
  using AfterEpoch = std::function<void(uint32_t epoch, int64_t step)>;
  /// Trains to the end; false when a signal stopped it after a checkpoint. Throws Error after three
  /// steps in a row whose loss or gradient is not finite, and when more than 1 % of the images of
  /// an epoch could not be read.
  bool run(const AfterEpoch& after_epoch);

  /// Calls `use` with the averaged weights in place of the trained ones (EMA); as they are without
  /// it.
  void with_averaged_weights(const std::function<void()>& use);

  /// What the task needs to find again after a resume (the best score so far, ...).
  nlohmann::ordered_json& task_state();
  /// Rank 0's, opened at the step that is reached (after resume()); null elsewhere.
  RunLog* log();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax::train
