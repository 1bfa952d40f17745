#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evax/train/loop/trainer.h"
#include "evax/train/run/run_folder.h"

namespace evax::train {

/// One training: what a task (`task = "classify"`, ...) brings to the loop and does around it. Made
/// before anything is written, so that a mistake in recipe, lists or weights leaves no folder
/// behind. Every rank has one; only the first writes.
class Task {
 public:
  virtual ~Task() = default;

  virtual Learner& learner() = 0;
  virtual data::Loader& loader() = 0;
  /// What the run says before its first step; steps: 0 in a dry run.
  virtual std::vector<std::string> header(int64_t steps) const = 0;
  /// protocol.json.
  virtual nlohmann::ordered_json protocol() const = 0;
  /// Not called when a run continues from a checkpoint.
  virtual void before_first_step(Trainer&) {}
  virtual void after_epoch(Trainer& trainer, uint32_t epoch, int64_t step) = 0;
  /// Judges the training that has come to its end; writes metrics.json last.
  virtual void finish(Trainer& trainer) = 0;
  /// Runs one batch through the network; what became of it, for a person.
  virtual std::string try_batch(const data::Batch& batch) = 0;
};

/// Trains in a run folder from beginning, or from its newest checkpoint, to end. Writes
/// protocol.json, metrics.jsonl, tensorboard/, checkpoints/ and what the task adds. A finished run
/// whose recipe and data are the same stays as it is. False when a signal stopped it after a
/// checkpoint.
bool run_task(Task& task, const Recipe& recipe, const std::string& folder, const Resume& resume,
              Distributed& distributed);

/// Everything before the first step: lists, network, one batch through it, the memory it will take.
void dry_run(Task& task, const Recipe& recipe, Distributed& distributed);

}  // namespace evax::train
