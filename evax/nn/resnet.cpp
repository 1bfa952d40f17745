#include "evax/nn/resnet.h"

#include <ATen/ATen.h>

namespace evax::nn {

ResNet::ResNet(const weights::ModelConfig& config, const ResNetSizes& sizes) : Network(config) {
  conv1_ = register_module("conv1", std::make_shared<Conv2d>(3, sizes.width, 7, 2));
  bn1_ = register_module("bn1", std::make_shared<BatchNorm2d>(sizes.width));
  int64_t channels = sizes.width;
  for (size_t i = 0; i < sizes.blocks.size(); ++i) {
    const auto layer =
        register_module("layer" + std::to_string(i + 1), std::make_shared<torch::nn::Module>());
    const int64_t width = sizes.width << i;
    for (int j = 0; j < sizes.blocks[i]; ++j) {
      const int64_t stride = i > 0 && j == 0 ? 2 : 1;
      blocks_.push_back(layer->register_module(
          std::to_string(j), std::make_shared<Bottleneck>(channels, width, stride)));
      channels = Bottleneck::expansion * width;
    }
  }
  make_head();
}

at::Tensor ResNet::features(const at::Tensor& images, const at::Tensor&) {
  at::Tensor x = bn1_->forward(conv1_->forward(images_for_convolution(images))).relu_();
  x = at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (const auto& block : blocks_) x = block->forward(x);
  return x.mean({2, 3});
}

}  // namespace evax::nn
