#include "evax/nn/segmentation/feature_pyramid.h"

#include <ATen/ATen.h>

namespace evax::nn {

FeaturePyramid::FeaturePyramid(torch::nn::Module& network, int64_t width) {
  const auto up = [width](torch::nn::Module& stage, const std::string& name) {
    return stage.register_module(name, std::make_shared<ConvTranspose2d>(width, width));
  };
  const auto fpn1 = network.register_module("fpn1", std::make_shared<torch::nn::Module>());
  first_ = up(*fpn1, "0");
  norm_ = fpn1->register_module("1", std::make_shared<BatchNorm2d>(width));
  second_ = up(*fpn1, "3");
  const auto fpn2 = network.register_module("fpn2", std::make_shared<torch::nn::Module>());
  single_ = up(*fpn2, "0");
}

std::array<at::Tensor, FeaturePyramid::levels> FeaturePyramid::forward(
    const at::Tensor& map) const {
  return {second_->forward(at::gelu(norm_->forward(first_->forward(map)))), single_->forward(map),
          map, at::max_pool2d(map, /*kernel_size=*/2)};
}

}  // namespace evax::nn
