#include "evax/nn/segmentation/unet.h"

#include <ATen/ATen.h>

#include "evax/core/error.h"

namespace evax::nn {

UNet::UNet(const weights::ModelConfig& config, const NetworkOptions& options,
           const ResNetSizes& sizes)
    : ResNet(config, options, sizes) {
  const int channels = config.decoder->channels;
  const std::vector<int> outputs = weights::unet_channels(channels);
  decoder_ = register_module("decoder", std::make_shared<UNetDecoder>(map_channels(), outputs));
  head_ = register_module("decode_head",
                          std::make_shared<FCNHead>(outputs.back(), channels, config.num_classes));
}

at::Tensor UNet::features(const at::Tensor& images, const at::Tensor& keep) {
  constexpr int64_t stride = 32;  // of the coarsest map
  if (images.dim() == 4 && (images.size(2) % stride != 0 || images.size(3) % stride != 0))
    fail("expected images whose sides are multiples of {}, found {} x {}", stride, images.size(2),
         images.size(3));
  return drop_channels(head_->forward(decoder_->forward(maps(images))), keep);
}

at::Tensor UNet::classify(const at::Tensor& features) const { return head_->classify(features); }

}  // namespace evax::nn
