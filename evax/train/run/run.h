#pragma once

#include <string>
#include <vector>

#include "evax/train/run/run_folder.h"

namespace evax::train {

struct RunOptions {
  std::string recipe;                  // a TOML file
  std::vector<std::string> overrides;  // "optim.lr=1e-4"
  std::string folder;                  // empty: runs/NAME of the recipe
  Resume resume;
  bool dry_run = false;  // check everything, train nothing
};

/// `evax train`: runs a recipe, `run.repeats` times with seeds seed, seed + 1, ... in sub-folders
/// seed_N when that is more than one, whose figures' mean and standard deviation go to
/// summary.json. Throws Error.
void run(const RunOptions& options);

}  // namespace evax::train
