#pragma once

#include <cstdint>

#include "evax/train/recipe/recipe.h"

namespace evax::train {

/// Learning rate of a scale-1 group at `step` (0-based) of a training of `steps` with
/// `steps_per_epoch`. With e = step / steps_per_epoch, w = warm-up and E = length, in epochs:
/// constant; cosine: min_lr + (lr - min_lr) / 2 * (1 + cos(pi (e - w) / (E - w))) (spec C.2);
/// linear falls to min_lr over the same span; poly: min_lr + (lr - min_lr) * (1 - e /
/// E)^poly_power, where poly_by = "epoch" takes the whole part of e (spec D.6, mmcv's policy: its
/// span includes the warm-up). Before e = w the rate is multiplied by x + warmup_ratio * (1 - x), x
/// = e / w; cosine and linear start from lr there. With warmup_inclusive the warm-up has whole
/// steps and its last one has lr itself: x = step / (steps of warm-up - 1) (spec B.6, B.7).
double learning_rate(const OptimRecipe& optim, int64_t step, int64_t steps_per_epoch,
                     int64_t steps);

}  // namespace evax::train
