#pragma once

#include <ATen/core/Tensor.h>

namespace evax::train {

/// What a network sees in images whose findings are known.
struct LabelledFeatures {
  at::Tensor features;  // float64 [N, D]
  at::Tensor labels;    // float64 [N, classes]: 0 to 1, NaN where not known
};

}  // namespace evax::train
