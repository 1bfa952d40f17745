#pragma once

#include <memory>
#include <vector>

#include "evax/nn/layers/bottleneck.h"
#include "evax/nn/layers/linear.h"

namespace evax::nn {

/// ResNet50's sizes.
struct ResNetSizes {
  std::vector<int> blocks{3, 4, 6, 3};  // of each layer
  int64_t width = 64;                   // of the stem and of the first layer's middle
};

/// ResNet of bottleneck blocks (He et al., arXiv 1512.03385), named and computed as torchvision's,
/// for training. Images of any height and width: every side is divided by 32, rounded up.
class ResNet : public torch::nn::Module {
 public:
  explicit ResNet(int num_classes, const ResNetSizes& sizes = {});

  /// images [N, 3, H, W], normalised -> logits [N, num_classes]; features without a head. The
  /// network drops no paths: `keep` is not looked at.
  at::Tensor forward(const at::Tensor& images, const at::Tensor& keep = {});
  /// Means of the last layer over height and width, [N, 32 * width].
  at::Tensor features(const at::Tensor& images);

 private:
  std::shared_ptr<Conv2d> conv1_;
  std::shared_ptr<BatchNorm2d> bn1_;
  std::vector<std::shared_ptr<Bottleneck>> blocks_;  // of all layers, in order
  std::shared_ptr<Linear> fc_;                       // null without classes
};

/// Fresh weights as torchvision's constructor draws them, keyed by (seed, parameter name).
void initialise(ResNet& model, uint64_t seed);
/// The head alone, as in initialise.
void initialise_head(ResNet& model, uint64_t seed);

}  // namespace evax::nn
