#include "evax/nn/resnet.h"

#include <ATen/ATen.h>

#include "evax/nn/autocast.h"

namespace evax::nn {

ResNet::ResNet(const weights::ModelConfig& config, const NetworkOptions& options,
               const ResNetSizes& sizes)
    : Network(config, options), width_(sizes.width) {
  conv1_ = register_module("conv1", std::make_shared<Conv2d>(3, sizes.width, 7, 2));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm2d>(sizes.width));
  if (options.frozen > 0) {
    freeze(*conv1_);
    freeze(*bn1_);
  }
  int64_t channels = sizes.width;
  for (size_t i = 0; i < sizes.blocks.size(); ++i) {
    const auto layer =
        register_module("layer" + std::to_string(i + 1), std::make_shared<torch::nn::Module>());
    layers_.emplace_back();
    const int64_t width = sizes.width << i;
    for (int j = 0; j < sizes.blocks[i]; ++j) {
      const int64_t stride = i > 0 && j == 0 ? 2 : 1;
      layers_.back().push_back(layer->register_module(
          std::to_string(j), std::make_shared<Bottleneck>(channels, width, stride)));
      channels = Bottleneck::expansion * width;
    }
    if (static_cast<int>(i) < options.frozen) freeze(*layer);
  }
  make_head();
}

std::vector<int64_t> ResNet::map_channels() const {
  std::vector<int64_t> channels{width_};
  for (size_t i = 0; i < layers_.size(); ++i)
    channels.push_back(Bottleneck::expansion * (width_ << i));
  return channels;
}

std::vector<at::Tensor> ResNet::maps(const at::Tensor& images) {
  std::vector<at::Tensor> maps{
      bn1_->forward(conv1_->forward(images_for_convolution(images))).relu_()};
  at::Tensor x = at::max_pool2d(maps[0], /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (const Layer& layer : layers_) {
    for (const auto& block : layer) x = block->forward(x);
    maps.push_back(x);
  }
  return maps;
}

at::Tensor ResNet::features(const at::Tensor& images, const at::Tensor&) {
  return in_float32(maps(images).back(), [](const at::Tensor& x) { return x.mean({2, 3}); });
}

}  // namespace evax::nn
