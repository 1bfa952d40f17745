#pragma once

#include <memory>
#include <vector>

#include "evax/nn/layers/bottleneck.h"
#include "evax/nn/network.h"

namespace evax::nn {

/// ResNet50's sizes.
struct ResNetSizes {
  std::vector<int> blocks{3, 4, 6, 3};  // of each layer
  int64_t width = 64;                   // of the stem and of the first layer's middle
};

/// ResNet of bottleneck blocks (He et al., arXiv 1512.03385), named and computed as torchvision's,
/// for training. Images of any height and width: every side is divided by 32, rounded up. Features
/// are the means of the last layer over height and width.
class ResNet : public Network {
 public:
  explicit ResNet(const weights::ModelConfig& config, const NetworkOptions& options = {},
                  const ResNetSizes& sizes = {});

  at::Tensor features(const at::Tensor& images, const at::Tensor& keep = {}) override;
  /// From now on features() keeps there what Grad-CAM looks at: what bn3 of the last block gives.
  void watch(at::Tensor* place) { layers_.back().back()->watch(place); }

 protected:
  /// What the stem gives before its pooling, and every layer: halved once, twice, ...
  std::vector<at::Tensor> maps(const at::Tensor& images);
  /// Channels of each of the maps.
  std::vector<int64_t> map_channels() const;

 private:
  using Layer = std::vector<std::shared_ptr<Bottleneck>>;

  int64_t width_;
  std::shared_ptr<Conv2d> conv1_;
  std::shared_ptr<BatchNorm2d> bn1_;
  std::vector<Layer> layers_;
};

}  // namespace evax::nn
