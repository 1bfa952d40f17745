#include "evax/train/tasks/classifier.h"

#include <ATen/ATen.h>

#include "evax/train/loop/device.h"

namespace evax::train {

Classifier::Classifier(std::shared_ptr<nn::Network> model, const Recipe& recipe, weights::Task task,
                       const at::Device& device, Precision precision)
    : model_(std::move(model)),
      optim_(recipe.optim),
      task_(task),
      device_(device),
      precision_(precision) {
  model_->to(device);
}

NamedParameters Classifier::parameters() {
  NamedParameters parameters;
  for (const auto& item : model_->named_parameters())
    parameters.emplace_back(item.key(), item.value());
  return parameters;
}

std::vector<Group> Classifier::groups() {
  std::vector<Group> groups;
  for (const auto& [name, parameter] : parameters())
    groups.push_back(layer_decay_group(name, parameter, model_->config().depth, optim_.layer_decay,
                                       optim_.weight_decay));
  return groups;
}

// Running statistics of BatchNorm; a transformer's rotary table follows from its configuration.
NamedParameters Classifier::buffers() {
  NamedParameters buffers;
  if (model_->config().is_transformer()) return buffers;
  for (const auto& item : model_->named_buffers()) buffers.emplace_back(item.key(), item.value());
  return buffers;
}

LossSum Classifier::loss(const data::Batch& batch, const data::Key& key) {
  at::Tensor keep;
  if (model_->options().drop_path > 0)
    keep = nn::drop_path_factors(model_->options(), model_->config().depth, key.seed, key.epoch,
                                 batch.samples)
               .to(device_);
  at::Tensor logits;
  {
    const Autocast autocast(precision_, device_.type());
    logits = model_->forward(on_device(batch.images, device_), keep);
  }
  return classification_loss(logits, on_device(batch.targets, device_), task_, optim_);
}

double Classifier::full_count(size_t rows) const {
  const auto classes = task_ == weights::Task::multilabel ? model_->config().num_classes : 1;
  return static_cast<double>(rows) * classes;
}

at::Tensor Classifier::logits(const data::Batch& batch) {
  const at::NoGradGuard no_grad;
  // BatchNorm must neither look at this batch's statistics nor learn from them.
  const bool training = model_->is_training();
  model_->eval();
  at::Tensor logits = model_->forward(on_device(batch.images, device_)).cpu();
  model_->train(training);
  return logits;
}

}  // namespace evax::train
