#pragma once

#include <ATen/ATen.h>

namespace evax::nn {

/// What a layer gave, kept for Grad-CAM: a leaf of the graph, by which all behind it can be
/// differentiated. Nothing is kept without a place for it.
inline at::Tensor watched(const at::Tensor& x, at::Tensor* place) {
  if (place == nullptr) return x;
  *place = x.detach().requires_grad_();
  return place->clone();  // a leaf may not be overwritten, as what follows may do
}

}  // namespace evax::nn
