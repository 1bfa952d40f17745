#pragma once

#include <cstdint>

#include "evax/train/recipe.h"

namespace evax::train {

/// Learning rate of a scale-1 group at `step` (0-based) of a training of `steps`, with
/// `steps_per_epoch`. Classification (spec C.2): e = step / steps_per_epoch; e < warmup: lr * e / warmup;
/// then constant or min_lr + (lr - min_lr) / 2 * (1 + cos(pi (e - w) / (E - w))); linear and poly fall
/// to min_lr likewise; poly_by = "epoch" changes once an epoch (spec D.6).
double learning_rate(const OptimRecipe& optim, int64_t step, int64_t steps_per_epoch, int64_t steps);

}  // namespace evax::train
