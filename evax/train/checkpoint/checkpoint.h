#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "evax/train/optim/optimizer.h"

namespace evax::train {

/// All that a training needs to continue byte for byte: tensors by name and the numbers beside
/// them.
struct Checkpoint {
  NamedParameters tensors;  // "model.…", "optimizer.…", "ema.…": the training's own, on any device
  nlohmann::ordered_json state;  // epoch, step, best score, loss scale, ...; any rank count
};

/// Writes checkpoints/step_00001200.safetensors of a run folder (aside, fsynced, renamed), then
/// deletes all but this one and the newest before it. A full disk throws Error and leaves the older
/// ones whole.
void save_checkpoint(const std::string& folder, int64_t step, const Checkpoint& checkpoint);

/// Copies the newest whole checkpoint of a run folder into the tensors of `checkpoint` and sets its
/// state; false when there is none. Warns of damaged ones and takes the one before; removes what a
/// killed process left half-written. Throws Error, before anything is copied, when names, shapes or
/// dtypes differ, and when every checkpoint is damaged.
bool load_newest_checkpoint(const std::string& folder, Checkpoint& checkpoint);

}  // namespace evax::train
