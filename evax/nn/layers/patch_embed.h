#pragma once

#include <memory>

#include "evax/nn/layers/linear.h"
#include "evax/weights/config.h"

namespace evax::nn {

/// Cuts images into squares and projects each: the convolution whose stride is its kernel, as one
/// matrix product, with the convolution's weight [D, 3, P, P] and bias.
class PatchEmbed : public torch::nn::Module {
 public:
  explicit PatchEmbed(const weights::ModelConfig& config);

  /// images [N, 3, S, S] -> [N, G^2, D], patches row-major.
  at::Tensor forward(const at::Tensor& images) const;

 private:
  int64_t grid_, patch_;
  at::Tensor weight_, bias_;
};

}  // namespace evax::nn
