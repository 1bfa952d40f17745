#include "evax/nn/network.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "evax/core/error.h"
#include "evax/nn/densenet.h"
#include "evax/nn/layers/linear.h"
#include "evax/nn/resnet.h"
#include "evax/nn/vision_transformer.h"

namespace evax::nn {

Network::Network(const weights::ModelConfig& config, const NetworkOptions& options)
    : config_(config), options_(options) {
  weights::check_config(config, "the model");
}

void Network::make_head() {
  if (config_.num_classes > 0)
    head_ = register_module(std::string(weights::head_name(config_)),
                            std::make_shared<Linear>(config_.embed_dim, config_.num_classes));
}

void Network::check_images(const at::Tensor& images) const {
  if (images.dim() != 4 || images.size(1) != 3 || images.size(2) != config_.image_size ||
      images.size(3) != config_.image_size)
    fail("expected images of shape [N, 3, {0}, {0}], found [{1}]", config_.image_size,
         fmt::join(images.sizes(), ", "));
}

at::Tensor Network::logits(const at::Tensor& features) const {
  return head_ ? head_->forward(features) : features;
}

at::Tensor Network::forward(const at::Tensor& images, const at::Tensor& keep) {
  return logits(features(images, keep));
}

std::shared_ptr<Network> make_network(const weights::ModelConfig& config,
                                      const NetworkOptions& options) {
  if (config.is_transformer()) return std::make_shared<VisionTransformer>(config, options);
  if (config.arch == "resnet50") return std::make_shared<ResNet>(config);
  return std::make_shared<DenseNet>(config);
}

}  // namespace evax::nn
