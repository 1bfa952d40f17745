#include "evax/train/optim/loss.h"

#include <ATen/Functions.h>

#include "evax/core/error.h"

namespace evax::train {
namespace {

at::Tensor weights_of(const OptimRecipe& recipe, const at::Tensor& logits) {
  const auto& weights = recipe.class_weights;
  if (weights.empty()) return {};
  if (static_cast<int64_t>(weights.size()) != logits.size(1))
    fail("optim.class_weights: expected {} numbers, one per class, found {}", logits.size(1),
         weights.size());
  return at::tensor(weights, at::kFloat).to(logits.device());
}

LossSum multilabel(const at::Tensor& logits, const at::Tensor& targets, const OptimRecipe& recipe) {
  const at::Tensor known = targets.isnan().logical_not();
  at::Tensor wanted = targets.nan_to_num(0);
  if (recipe.label_smoothing > 0)
    wanted = wanted * (1 - recipe.label_smoothing) + recipe.label_smoothing / 2;
  return {at::binary_cross_entropy_with_logits(logits, wanted, known.to(at::kFloat),
                                               weights_of(recipe, logits), at::Reduction::Sum),
          known.sum(at::kDouble)};
}

LossSum multiclass(const at::Tensor& logits, const at::Tensor& targets, const OptimRecipe& recipe) {
  const at::Tensor weights = weights_of(recipe, logits);
  return {at::cross_entropy_loss(logits, targets, weights, at::Reduction::Sum, -100,
                                 recipe.label_smoothing),
          weights.defined() ? (targets * weights).sum(at::kDouble)
                            : at::full({}, logits.size(0), targets.options().dtype(at::kDouble))};
}

}  // namespace

LossSum classification_loss(const at::Tensor& logits, const at::Tensor& targets, weights::Task task,
                            const OptimRecipe& recipe) {
  if (logits.dim() != 2 || logits.sizes() != targets.sizes())
    fail("loss: expected logits and targets of one shape [N, classes], found {} and {}",
         to_string(logits.sizes().vec()), to_string(targets.sizes().vec()));
  const at::Tensor exact = logits.to(at::kFloat), wanted = targets.to(at::kFloat);
  return task == weights::Task::multilabel ? multilabel(exact, wanted, recipe)
                                           : multiclass(exact, wanted, recipe);
}

}  // namespace evax::train
