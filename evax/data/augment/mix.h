#pragma once

#include "evax/data/augment/augment.h"
#include "evax/data/augment/crop.h"

namespace evax::data {

/// How the rows i and N-1-i of a batch are mixed: mixup takes `lambda` of the row itself, cutmix a
/// box of the other row and targets by area.
struct Mix {
  double lambda = 1;       // part of the row's own target; 1: nothing to do
  std::optional<Box> box;  // cutmix
};

/// timm's rand_bbox: a box of area 1 - lambda around a centre, clipped at the borders; lambda is
/// corrected for what was clipped.
Mix cut_mix(double lambda, int centre_x, int centre_y, int width, int height);

/// The draws of timm's Mixup in mode "batch".
Mix draw_mix(const AugmentConfig& config, int width, int height, Random& random);

/// Applies it to images F32 [N, 3, H, W] and targets F32 [N, classes]. A target that does not count
/// (NaN) in one row of a pair does not count in both.
void mix_rows(const Mix& mix, Tensor& images, Tensor& targets);

}  // namespace evax::data
