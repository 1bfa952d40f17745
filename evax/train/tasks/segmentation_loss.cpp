#include "evax/train/tasks/segmentation_loss.h"

#include <ATen/Functions.h>

#include "evax/core/error.h"

namespace evax::train {
namespace {

// The loss of every pixel and class, ignored ones too.
at::Tensor pixel_losses(const at::Tensor& logits, const at::Tensor& targets,
                        const SegmentationLoss& weights) {
  const at::Tensor bce =
      at::binary_cross_entropy_with_logits(logits, targets, {}, {}, at::Reduction::None);
  if (weights.focal == 0) return bce * weights.bce;
  // Probability of the answer that is wrong, share of the one that is right.
  const at::Tensor wrong = at::sigmoid(logits * (1 - 2 * targets));
  const at::Tensor share = targets * (2 * weights.focal_alpha - 1) + (1 - weights.focal_alpha);
  return bce * (weights.bce + weights.focal * share * wrong.pow(weights.focal_gamma));
}

// Of every image and class, [N, C].
at::Tensor dice_losses(const at::Tensor& logits, const at::Tensor& targets,
                       const at::Tensor& valid) {
  const at::Tensor found = at::sigmoid(logits) * valid;
  const auto sum = [](const at::Tensor& map) { return map.sum({2, 3}); };
  return 1 - (2 * sum(found * targets) + 1) / (sum(found.square()) + sum(targets) + 1);
}

}  // namespace

LossSum segmentation_loss(const at::Tensor& logits, const at::Tensor& masks,
                          const SegmentationLoss& weights) {
  if (logits.dim() != 4 || masks.dim() != 3 || logits.size(0) != masks.size(0) ||
      logits.sizes().slice(2) != masks.sizes().slice(1))
    fail("loss: expected logits [N, C, H, W] and masks [N, H, W], found {} and {}",
         to_string(logits.sizes().vec()), to_string(masks.sizes().vec()));
  const at::Tensor labels = masks.unsqueeze(1);
  const at::Tensor classes = at::arange(1, logits.size(1) + 1, masks.options()).view({1, -1, 1, 1});
  const at::Tensor targets = labels.eq(classes).to(logits.scalar_type());
  const at::Tensor valid = labels.ne(ignored_pixel).to(logits.scalar_type());

  at::Tensor sum = (pixel_losses(logits, targets, weights) * valid).sum();
  const auto pixels = static_cast<double>(masks.size(1) * masks.size(2));
  if (weights.dice > 0)
    sum = sum + weights.dice * pixels * dice_losses(logits, targets, valid).sum();
  return {sum, at::full({}, static_cast<double>(logits.numel()),
                        logits.options().dtype(at::kDouble).requires_grad(false))};
}

}  // namespace evax::train
