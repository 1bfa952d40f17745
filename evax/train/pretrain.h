#pragma once

#include <string>

#include "evax/train/distributed.h"
#include "evax/train/recipe.h"
#include "evax/train/run_folder.h"

namespace evax::train {

/// Masked image modelling in a run folder (spec B): the loss on data.val before the first step,
/// every run.eval_every epochs and at the end (`val_mim_loss` in metrics.jsonl), [probe] beside it.
/// Writes protocol.json, metrics.jsonl, tensorboard/, checkpoints/, last.safetensors (task
/// "pretrained", renewed at every evaluation) and at the end metrics.json. `epochs = 0` evaluates
/// model.init. False when a signal stopped it after a checkpoint.
bool pretrain(const Recipe& recipe, const std::string& folder, const Resume& resume,
              Distributed& distributed);

/// Everything before the first step: lists, student, teacher, one batch through both, the memory it
/// will take.
void pretrain_dry_run(const Recipe& recipe, Distributed& distributed);

}  // namespace evax::train
