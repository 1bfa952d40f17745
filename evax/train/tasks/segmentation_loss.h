#pragma once

#include "evax/train/optim/loss.h"
#include "evax/train/recipe/segmentation_recipe.h"

namespace evax::train {

/// Pixels of a mask that count nowhere.
inline constexpr int ignored_pixel = 255;

/// logits [N, C, H, W] of one sigmoid per class; masks uint8 [N, H, W] on their device: 0
/// background, 1 to C, or ignored_pixel. count = N * C * H * W, of ignored pixels too, as in
/// mmsegmentation (spec D.4): they weigh 0 and divide. Dice sums over the pixels of an image that
/// are not ignored and is a mean over images and classes, with 1 added to numerator and
/// denominator; its share of `sum` is scaled so that sum / count is bce + focal + dice by their
/// weights. In the precision of the logits. Throws Error when the shapes do not fit.
LossSum segmentation_loss(const at::Tensor& logits, const at::Tensor& masks,
                          const SegmentationLoss& weights);

}  // namespace evax::train
