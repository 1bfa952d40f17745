#pragma once

#include <map>
#include <string>

#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// Where a model file says its weights come from: the recipe, the keys of [provenance], the weights
/// it started from (`init_sha256`: of their file, empty when drawn at random) and its figures. No
/// path, time or machine: equal training gives equal bytes.
std::map<std::string, std::string> provenance(const Recipe& recipe, const std::string& init_sha256,
                                              const std::string& metrics);

}  // namespace evax::train
