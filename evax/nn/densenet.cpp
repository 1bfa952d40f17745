#include "evax/nn/densenet.h"

#include <ATen/ATen.h>

#include "evax/nn/autocast.h"

namespace evax::nn {

DenseNet::DenseNet(const weights::ModelConfig& config, const DenseNetSizes& sizes)
    : Network(config) {
  const auto features = register_module("features", std::make_shared<torch::nn::Module>());
  const auto add = [&](auto& parent, const std::string& name, auto layer) {
    parent->register_module(name, layer);
    layers_.emplace_back([layer](const at::Tensor& x) { return layer->forward(x); });
  };
  int64_t channels = sizes.stem;
  conv0_ = features->register_module("conv0", std::make_shared<Conv2d>(3, channels, 7, 2));
  norm0_ = features->register_module("norm0", std::make_shared<BatchNorm2d>(channels));
  for (size_t i = 0; i < sizes.layers.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const auto block =
        features->register_module("denseblock" + number, std::make_shared<torch::nn::Module>());
    for (int j = 1; j <= sizes.layers[i]; ++j) {
      last_ = std::make_shared<DenseLayer>(channels, sizes.growth, sizes.bottleneck);
      add(block, "denselayer" + std::to_string(j), last_);
      channels += sizes.growth;
    }
    if (i + 1 == sizes.layers.size()) break;
    add(features, "transition" + number, std::make_shared<DenseTransition>(channels, channels / 2));
    channels /= 2;
  }
  norm5_ = features->register_module("norm5", std::make_shared<BatchNorm2d>(channels));
  make_head();
}

at::Tensor DenseNet::features(const at::Tensor& images, const at::Tensor&) {
  at::Tensor x = norm0_->forward(conv0_->forward(images_for_convolution(images))).relu_();
  x = at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, /*padding=*/1);
  for (const auto& layer : layers_) x = layer(x);
  return in_float32(x, [this](const at::Tensor& map) {
    return norm5_->forward(map).relu_().mean({2, 3});
  });
}

}  // namespace evax::nn
