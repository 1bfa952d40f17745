#include "evax/nn/network.h"

#include <ATen/ATen.h>

#include "evax/nn/autocast.h"
#include "evax/nn/densenet.h"
#include "evax/nn/layers/linear.h"
#include "evax/nn/resnet.h"
#include "evax/nn/segmentation/unet.h"
#include "evax/nn/segmentation/uper_net.h"
#include "evax/nn/vision_transformer.h"

namespace evax::nn {

void Network::make_head() {
  if (config_.head_outputs() > 0)
    head_ = register_module(std::string(weights::head_name(config_)),
                            std::make_shared<Linear>(config_.embed_dim, config_.head_outputs()));
}

at::Tensor Network::classify(const at::Tensor& features) const {
  return head_ ? head_->forward(features) : features;
}

at::Tensor Network::logits(const at::Tensor& features) const {
  return in_float32(features, [this](const at::Tensor& x) { return classify(x); });
}

at::Tensor Network::forward(const at::Tensor& images, const at::Tensor& keep) {
  const at::Tensor result = logits(features(images, keep));
  return config_.decoder ? bilinear(result, images.sizes().slice(2)) : result;
}

std::vector<std::pair<std::string, Shape>> Network::file_parameters() const {
  return weights::parameters_of(config_);
}

std::shared_ptr<Network> make_network(const weights::ModelConfig& config,
                                      const NetworkOptions& options) {
  weights::check_config(config, "the model");
  if (config.is_transformer()) {
    if (config.decoder) return std::make_shared<UperNet>(config, options);
    return std::make_shared<VisionTransformer>(config, options);
  }
  if (config.decoder) return std::make_shared<UNet>(config, options);
  if (config.arch == "resnet50") return std::make_shared<ResNet>(config, options);
  return std::make_shared<DenseNet>(config);
}

}  // namespace evax::nn
