#pragma once

#include <memory>

#include "evax/nn/resnet.h"
#include "evax/nn/segmentation/unet_decoder.h"

namespace evax::nn {

/// ResNet50 with U-Net's expanding path (spec D.5), the baseline that EVA-X's segmentation is
/// compared with.
class UNet : public ResNet {
 public:
  explicit UNet(const weights::ModelConfig& config, const NetworkOptions& options = {},
                const ResNetSizes& sizes = {});

  /// images of any height and width that are multiples of 32 -> [N, channels, H, W].
  at::Tensor features(const at::Tensor& images, const at::Tensor& keep = {}) override;

 protected:
  at::Tensor classify(const at::Tensor& features) const override;

 private:
  std::shared_ptr<UNetDecoder> decoder_;
  std::shared_ptr<FCNHead> head_;
};

}  // namespace evax::nn
