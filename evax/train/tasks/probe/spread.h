#pragma once

#include <ATen/core/Tensor.h>

namespace evax::train {

/// Rows divided by their Euclidean length; a row of zeros stays.
at::Tensor unit_length(const at::Tensor& features);

/// Standard deviation over the images of each channel of unit-length features, mean over the
/// channels (Chen and He, SimSiam, arXiv 2011.10566, 4.1): 0 when all images look alike, near
/// 1 / sqrt(D) when features point everywhere. `features`: float64 [N, D].
double feature_std(const at::Tensor& features);

/// Number of directions that the features use: exp of the entropy of the singular values divided by
/// their sum (RankMe, Garrido et al., arXiv 2210.02885): 1 to min(N, D). NaN when all features are
/// 0. `features`: float64 [N, D].
double effective_rank(const at::Tensor& features);

}  // namespace evax::train
