#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "evax/nn/layers/dense_layer.h"
#include "evax/nn/network.h"

namespace evax::nn {

/// DenseNet121's sizes.
struct DenseNetSizes {
  std::vector<int> layers{6, 12, 24, 16};  // of each block
  int64_t growth = 32;                     // channels that a layer adds
  int64_t stem = 64;                       // channels before the first block
  int64_t bottleneck = 4;                  // channels of a layer's middle per channel it adds
};

/// DenseNet (Huang et al., arXiv 1608.06993), named and computed as torchvision's, for training.
/// Images of any height and width from 29 px: stem and transitions divide every side by 32.
/// Features are the means over height and width of what the last normalisation leaves above 0.
class DenseNet : public Network {
 public:
  explicit DenseNet(const weights::ModelConfig& config, const DenseNetSizes& sizes = {});

  at::Tensor features(const at::Tensor& images, const at::Tensor& keep = {}) override;
  /// From now on features() keeps there what Grad-CAM looks at: what norm1 of the last layer gives.
  void watch(at::Tensor* place) { last_->watch(place); }

 private:
  std::shared_ptr<Conv2d> conv0_;
  std::shared_ptr<BatchNorm2d> norm0_, norm5_;
  std::shared_ptr<DenseLayer> last_;
  std::vector<std::function<at::Tensor(const at::Tensor&)>> layers_;  // transitions included
};

}  // namespace evax::nn
