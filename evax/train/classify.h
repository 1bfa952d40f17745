#pragma once

#include <string>

#include "evax/train/distributed.h"
#include "evax/train/recipe.h"
#include "evax/train/run_folder.h"

namespace evax::train {

/// Fine-tunes (or trains) a classifier in a run folder: data, network,
/// training, selection on the validation set (on the test set under protocol = "paper"), one test
/// at the end. Writes protocol.json, metrics.jsonl, tensorboard/, checkpoints/, best.safetensors,
/// last.safetensors and metrics.json. False when a signal stopped it after a checkpoint.
bool classify(const Recipe& recipe, const std::string& folder, const Resume& resume,
              Distributed& distributed);

/// Everything before the first step: lists, network, one batch through it, the memory it will take.
void classify_dry_run(const Recipe& recipe, Distributed& distributed);

}  // namespace evax::train
