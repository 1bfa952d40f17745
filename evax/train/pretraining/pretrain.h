#pragma once

#include <memory>
#include <string>

#include "evax/train/tasks/task.h"

namespace evax::train {

/// Masked image modelling (spec B): the loss on data.val before the first step, every
/// run.eval_every epochs and at the end (`val_mim_loss` in metrics.jsonl), [probe] beside it. Adds
/// last.safetensors (task "pretrained", renewed at every evaluation) to the run folder. `epochs =
/// 0` evaluates model.init.
std::unique_ptr<Task> make_pretraining(const Recipe& recipe, const std::string& folder,
                                       Distributed& distributed);

}  // namespace evax::train
