#include "evax/train/tasks/segmenter.h"

#include <ATen/ATen.h>

#include "evax/nn/tensors.h"
#include "evax/train/loop/device.h"
#include "evax/train/tasks/segmentation_loss.h"

namespace evax::train {

Segmenter::Segmenter(std::shared_ptr<nn::Network> model, const Recipe& recipe,
                     const at::Device& device, Precision precision)
    : model_(std::move(model)),
      optim_(recipe.optim),
      loss_(recipe.loss),
      device_(device),
      precision_(precision) {
  model_->to(device);
}

NamedParameters Segmenter::parameters() {
  NamedParameters parameters;
  for (const auto& item : model_->named_parameters())
    if (item.value().requires_grad()) parameters.emplace_back(item.key(), item.value());
  return parameters;
}

std::vector<Group> Segmenter::groups() {
  std::vector<Group> groups;
  for (const auto& [name, parameter] : parameters())
    groups.push_back(segmentation_group(name, parameter, model_->config(), optim_.layer_decay,
                                        optim_.weight_decay));
  return groups;
}

// Running statistics of BatchNorm; a transformer's rotary table follows from its configuration.
NamedParameters Segmenter::buffers() {
  NamedParameters buffers;
  for (const auto& item : model_->named_buffers())
    if (item.key().find("running_") != std::string::npos)
      buffers.emplace_back(item.key(), item.value());
  return buffers;
}

LossSum Segmenter::loss(const data::Batch& batch, const data::Key& key) {
  const at::Tensor keep = nn::keep_factors(*model_, key.seed, key.epoch, batch.samples).to(device_);
  at::Tensor logits;
  {
    const Autocast autocast(precision_, device_.type());
    logits = model_->forward(on_device(batch.images, device_), keep);
  }
  return segmentation_loss(logits, on_device(batch.masks, device_), loss_);
}

double Segmenter::full_count(size_t rows) const {
  const double side = model_->config().image_size;
  return static_cast<double>(rows) * model_->config().num_classes * side * side;
}

Tensor Segmenter::logits(const Tensor& images) {
  const at::NoGradGuard no_grad;
  // BatchNorm must neither look at these statistics nor learn from them.
  const bool training = model_->is_training();
  model_->eval();
  const at::Tensor logits = model_->forward(on_device(images, device_));
  model_->train(training);
  return nn::from_torch(logits);
}

}  // namespace evax::train
