#include "evax/train/tasks/probe/spread.h"

#include <ATen/ATen.h>

#include <cmath>

namespace evax::train {

at::Tensor unit_length(const at::Tensor& features) {
  constexpr double least = 1e-12;  // as PyTorch's normalize
  return features / features.norm(2, 1, /*keepdim=*/true).clamp_min(least);
}

double feature_std(const at::Tensor& features) {
  return unit_length(features).std(0, /*unbiased=*/false).mean().item<double>();
}

double effective_rank(const at::Tensor& features) {
  const at::Tensor values = at::linalg_svdvals(features);
  const at::Tensor shares = values / values.sum();
  return std::exp(-at::xlogy(shares, shares).sum().item<double>());
}

}  // namespace evax::train
