#pragma once

#include "evax/train/tasks/probe/labelled_features.h"

namespace evax::train {

/// The k-nearest-neighbour classifier of DINO (Caron et al. 2021, arXiv 2104.14294): the images of
/// `known` whose features have the largest cosine similarity to an image's vote for their labels
/// with weight exp(similarity / 0.07). For a class only images vote whose label is known; there
/// must be one. Fewer than `neighbours` vote where there are fewer. `features`: float64 [M, D].
/// Returns the shares of the votes, float64 [M, classes] in [0, 1].
at::Tensor nearest_neighbour_votes(const LabelledFeatures& known, const at::Tensor& features,
                                   int64_t neighbours);

}  // namespace evax::train
