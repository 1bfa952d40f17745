#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "evax/train/optimizer.h"

namespace evax::train {

/// All that a training needs to go on byte for byte: tensors by name and the numbers beside them.
struct Checkpoint {
  NamedParameters tensors;  // "model.…", "optimizer.…", "ema.…": the training's own, on any device
  nlohmann::ordered_json state;  // epoch, step, best score, loss scale, ...; any rank count
};

/// checkpoints/step_00001200.safetensors of a run folder: written aside, fsynced, renamed; then the
/// older ones but the last two are deleted. A full disk throws Error and leaves the older ones whole.
void save_checkpoint(const std::string& folder, int64_t step, const Checkpoint& checkpoint);

/// The newest whole checkpoint of the folder is copied into the tensors of `checkpoint` (names,
/// shapes, dtypes must match; throws Error with the difference) and its state; false when there is
/// none.
bool load_newest_checkpoint(const std::string& folder, Checkpoint& checkpoint);

}  // namespace evax::train
