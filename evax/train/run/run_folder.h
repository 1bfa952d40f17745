#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// Written last: a run folder that holds it is finished.
inline constexpr const char* metrics_file = "metrics.json";

/// How a run deals with what its folder holds.
struct Resume {
  bool wanted = false;  // continue with it; start where it holds nothing
  bool force = false;   // even with a changed recipe or changed data
};

/// Makes the folder of a run and writes recipe.toml and protocol.json; to resume, one that holds
/// the same run is taken as it is. True: that run is finished, and nothing is left to do. Throws
/// Error when the folder holds something else, or the recipe or the data in `protocol` differ in
/// what changes results (the difference is shown) and it is not forced; forced, a finished run
/// continues.
bool prepare_run_folder(const std::string& folder, const Recipe& recipe,
                        const nlohmann::ordered_json& protocol, const Resume& resume);

}  // namespace evax::train
