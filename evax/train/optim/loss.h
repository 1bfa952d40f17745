#pragma once

#include <ATen/core/Tensor.h>

#include "evax/train/recipe/recipe.h"
#include "evax/weights/config.h"

namespace evax::train {

/// A loss as a sum and the number it is to be divided by, so that means can be taken over
/// micro-steps and ranks (design.md, Means over ranks).
struct LossSum {
  at::Tensor sum;             // scalar, differentiable, float32
  at::Tensor count;           // scalar, float64, on the targets' device: terms that count
  double target_seconds = 0;  // that making the targets took: a teacher's forward pass
};

/// Multilabel: binary cross entropy with logits summed over the targets that are not NaN, count =
/// their number (nn.BCEWithLogitsLoss; class_weights = pos_weight; smoothing draws a target t to
/// t (1 - s) + s / 2). Multiclass: cross entropy with probabilities as targets (one-hot, mixed or
/// smoothed), count = rows, with class weights the sum of the rows' weights (nn.CrossEntropyLoss).
/// logits, targets: [N, classes]. Computed in float32. Throws Error when the shapes differ or
/// class_weights are not one per class.
LossSum classification_loss(const at::Tensor& logits, const at::Tensor& targets, weights::Task task,
                            const OptimRecipe& recipe);

}  // namespace evax::train
