#pragma once

#include "evax/core/toml.h"
#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// What a recipe holds where it is silent: the original's numbers for its task, kind of data,
/// network and protocol (spec C.1, C.4), which are looked up in `root`.
Recipe default_recipe(TomlTable& root);

/// Fills in the sizes of a published network; leaves arch = "eva_x" and "vit" alone.
void set_published_sizes(ModelRecipe& model);

}  // namespace evax::train
