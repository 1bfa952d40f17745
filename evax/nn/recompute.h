#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace evax::nn {

/// function(x), of which only x is kept: backward computes it a second time (Chen et al., "Training
/// deep nets with sublinear memory cost", arXiv 1604.06174). The function must be pure and take
/// gradients through x and `parameters` alone; each parameter receives its gradient once and
/// through the caller's graph, as without recomputing, which is what c10d's Reducer expects.
at::Tensor recompute(const std::function<at::Tensor(const at::Tensor&)>& function,
                     const at::Tensor& x, const std::vector<at::Tensor>& parameters);

}  // namespace evax::nn
