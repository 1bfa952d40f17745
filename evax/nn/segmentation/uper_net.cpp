#include "evax/nn/segmentation/uper_net.h"

#include <ATen/ATen.h>

namespace evax::nn {

UperNet::UperNet(const weights::ModelConfig& config, const NetworkOptions& options)
    : VisionTransformer(config, options), pyramid_(*this, config.embed_dim) {
  head_ = register_module("decode_head", std::make_shared<UPerHead>(config));
}

UPerHead::Pyramid UperNet::pyramid(const at::Tensor& images, const at::Tensor& keep) {
  const at::Tensor all = tokens(images, keep);
  const int64_t grid = config().grid();
  const at::Tensor map =
      all.narrow(1, 1, grid * grid).unflatten(1, {grid, grid}).permute({0, 3, 1, 2});
  return pyramid_.forward(map.contiguous(at::MemoryFormat::ChannelsLast));
}

at::Tensor UperNet::features(const at::Tensor& images, const at::Tensor& keep) {
  return drop_channels(head_->forward(pyramid(images, keep)), keep);
}

at::Tensor UperNet::classify(const at::Tensor& features) const { return head_->classify(features); }

}  // namespace evax::nn
