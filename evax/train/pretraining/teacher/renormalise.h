#pragma once

#include <ATen/core/Tensor.h>

#include "evax/weights/config.h"

namespace evax::train {

/// Turns images that are normalised by one mean and std into images normalised by another, in
/// float32.
class Renormalise {
 public:
  Renormalise(const weights::Preprocess& from, const weights::Preprocess& to,
              const at::Device& device);

  /// [N, 3, H, W] -> the same.
  at::Tensor operator()(const at::Tensor& images) const;

 private:
  at::Tensor scale_, shift_;  // [1, 3, 1, 1]
};

}  // namespace evax::train
