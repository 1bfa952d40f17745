#pragma once

#include "evax/data/loader.h"
#include "evax/train/loop/distributed.h"
#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// How a training deals its list out over the processes.
data::LoaderOptions training_options(const Recipe& recipe, const data::Splits& splits,
                                     const Shape& row, const Distributed& distributed);

/// The steps of an epoch. Throws Error, with what to set, when the training set does not fill one
/// and there is something to train.
int64_t steps_per_epoch(const OptimRecipe& optim, const data::Loader& loader,
                        const Distributed& distributed);

/// How a list is looked at once, in its order: the last batch may be short, and an image that
/// cannot be read is listed and not replaced.
data::LoaderOptions scoring_options(int batch_size, int workers, const Shape& row,
                                    const Distributed& distributed);

}  // namespace evax::train
