#pragma once

#include "evax/data/dataset.h"
#include "evax/image/image.h"
#include "evax/train/pretraining/masked_image_modelling.h"

namespace evax::train {

/// What a student makes of the first images of a list (at most four, as evaluation shows them): the
/// sheet of masked_sheet.h, with the same masks whenever it is drawn. Throws Error when one of them
/// cannot be read.
image::Image masked_pictures(MaskedImageModelling& modelling, const data::Dataset& dataset,
                             const weights::Preprocess& preprocess);

}  // namespace evax::train
