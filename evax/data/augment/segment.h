#pragma once

#include "evax/data/augment/augment.h"

namespace evax::data {

/// The transform of a segmentation list, of image and mask alike (spec D.2): both resized to
/// `preprocess.crop` squared, the mask to its nearest pixels; policy "segment" then mirrors both
/// with probability `flip`, turns, enlarges and moves both by up to `rotate`, `zoom` and `shift`
/// (black and background where the picture is left), and distorts the image
/// (PhotoMetricDistortion); normalised last. Policy
/// "none" is the evaluation transform. Throws Error for other policies, for mixup and cutmix, and
/// for a preprocessing that crops, which the mask could not follow.
MaskedTransform make_segment_transform(const AugmentConfig& config,
                                       const weights::Preprocess& preprocess);

}  // namespace evax::data
