#pragma once

#include <string>

#include "evax/train/recipe.h"

namespace evax::train {

/// Makes the folder of a run and writes recipe.toml; with `resume` one that holds the same recipe is
/// taken as it is. Throws Error when the folder holds something else, or the recipe differs in what
/// changes results (the difference is shown) and `force` is not set.
void prepare_run_folder(const std::string& folder, const Recipe& recipe, bool resume, bool force);

}  // namespace evax::train
