#pragma once

#include <string>

#include "evax/train/recipe.h"

namespace evax::train {

/// Written last: a run folder that holds it is finished.
inline constexpr const char* metrics_file = "metrics.json";

/// How a run deals with what its folder holds.
struct Resume {
  bool wanted = false;  // go on with it; start where it holds nothing
  bool force = false;   // even with a changed recipe
};

/// Makes the folder of a run and writes recipe.toml; to resume, one that holds the same recipe is
/// taken as it is. Throws Error when the folder holds something else, or the recipe differs in what
/// changes results (the difference is shown) and it is not forced.
void prepare_run_folder(const std::string& folder, const Recipe& recipe, const Resume& resume);

}  // namespace evax::train
