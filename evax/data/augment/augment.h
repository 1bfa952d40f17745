#pragma once

#include <string>

#include "evax/core/random.h"
#include "evax/data/loader.h"
#include "evax/weights/config.h"

namespace evax::data {

/// The table [augment] of a recipe (spec C.4).
struct AugmentConfig {
  std::string policy = "none";  // none: the evaluation transform; timm: crop, flip, auto_augment,
                                // erase; pretrain: flip, crop; segment: flip, rotate, zoom,
                                // shift, brightness and contrast (segment.h)
  std::string auto_augment = "rand-m6-mstd0.5-inc1";  // empty: none
  double crop_scale_min = 0.08, crop_scale_max = 1.0;
  double crop_ratio_min = 3.0 / 4, crop_ratio_max = 4.0 / 3;
  double flip = 0.5;
  double rotate = 0.0, zoom = 0.0, shift = 0.0;  // segment: affine.h
  double erase = 0.0;                            // probability of random erasing
  std::string erase_mode = "pixel";              // const | rand | pixel, as timm's
  double mixup = 0.0;                            // alpha of Beta(alpha, alpha); 0: off
  double cutmix = 0.0;
  double mix_probability = 1.0;  // that a batch is mixed at all
  double mix_switch = 0.5;       // that cutmix is taken where both are on
};

/// The random numbers of one operation on one sample.
Random stream(const Key& key, Draw operation);

/// Throws Error naming the key when a value makes no sense.
void check_augment(const AugmentConfig& config);

/// The training transform: what `policy` says, then normalisation as in `preprocess`. timm's is
/// that of timm 0.4.12's create_transform: a random crop resized (bicubic, 8 bits, as Pillow) to
/// `preprocess.crop` squared, flip, RandAugment, normalisation, random erasing. A grey picture is
/// worked on as one channel and gives what its RGB picture gives.
SampleTransform make_train_transform(const AugmentConfig& config,
                                     const weights::Preprocess& preprocess);

/// The transform of pre-training (spec B.1): flip, then a random crop resized to `preprocess.crop`
/// squared; with a `teacher_size` other than that, also to the teacher's view of the same crop.
/// Writes [3, crop, crop], then [3, teacher_size, teacher_size] where there is one, both normalised
/// alike. Policy "none": evaluation_transform.
SampleTransform make_pretrain_transform(const AugmentConfig& config,
                                        const weights::Preprocess& preprocess, int teacher_size);

/// The evaluation transform of a model (transform.h), and behind its picture the teacher's view of
/// the same part of the image, where one of another size is asked for.
SampleTransform evaluation_transform(const weights::Preprocess& preprocess, int teacher_size = 0);

/// Mixup or cutmix of a batch in place, images and targets, as timm's Mixup in mode "batch" with
/// the corrected lambda: row i with row N-1-i (of this Batch: the rest of a global batch is not
/// available); the middle row of an odd batch stays. A NaN target in one row of a pair does not
/// count in both. Keyed by (seed, epoch, batch).
void mix_batch(const AugmentConfig& config, const Key& batch_key, Batch& batch);

}  // namespace evax::data
