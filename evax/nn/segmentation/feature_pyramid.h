#pragma once

#include <array>
#include <memory>

#include "evax/nn/segmentation/layers.h"

namespace evax::nn {

/// Four maps of one width D from a transformer's last tokens (spec D.3): four and two times as fine
/// by transposed convolutions, as they are, and half as fine by max pooling.
class FeaturePyramid {
 public:
  static constexpr size_t levels = 4;

  /// Registers fpn1 and fpn2 in the network itself, where the official code has them.
  FeaturePyramid(torch::nn::Module& network, int64_t width);

  /// map [N, D, G, G] -> [N, D, 4G, 4G], ..., [N, D, G / 2, G / 2].
  std::array<at::Tensor, levels> forward(const at::Tensor& map) const;

 private:
  std::shared_ptr<ConvTranspose2d> first_, second_;  // fpn1.0, fpn1.3
  std::shared_ptr<BatchNorm2d> norm_;                // fpn1.1
  std::shared_ptr<ConvTranspose2d> single_;          // fpn2.0
};

}  // namespace evax::nn
