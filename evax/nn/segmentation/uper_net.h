#pragma once

#include <memory>

#include "evax/nn/segmentation/uper_head.h"
#include "evax/nn/vision_transformer.h"

namespace evax::nn {

/// A vision transformer that segments (arXiv 2405.05237, 4.4; spec D.3, D.4): the last block's
/// patch tokens, without a norm, as a map; a feature pyramid made of it; UPerNet.
class UperNet : public VisionTransformer {
 public:
  explicit UperNet(const weights::ModelConfig& config, const NetworkOptions& options = {});

  /// [N, channels, 4G, 4G].
  at::Tensor features(const at::Tensor& images, const at::Tensor& keep = {}) override;

  /// The maps that UPerNet takes, [N, D, 4G, 4G] first; keep as in features.
  UPerHead::Pyramid pyramid(const at::Tensor& images, const at::Tensor& keep = {});
  UPerHead& head() { return *head_; }

 protected:
  at::Tensor classify(const at::Tensor& features) const override;

 private:
  FeaturePyramid pyramid_;
  std::shared_ptr<UPerHead> head_;
};

}  // namespace evax::nn
