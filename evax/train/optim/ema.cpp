#include "evax/train/optim/ema.h"

#include <ATen/ops/_foreach_lerp.h>
#include <c10/core/GradMode.h>

namespace evax::train {

Ema::Ema(NamedParameters parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {
  for (const auto& [name, parameter] : parameters_) averages_.push_back(parameter.detach().clone());
}

void Ema::update() {
  const c10::AutoGradMode no_gradients(false);
  std::vector<at::Tensor> weights;
  for (const auto& [name, parameter] : parameters_) weights.push_back(parameter);
  at::_foreach_lerp_(averages_, weights, 1 - decay_);
}

void Ema::swap() {
  const c10::AutoGradMode no_gradients(false);
  for (size_t i = 0; i < averages_.size(); ++i) {
    const at::Tensor weight = parameters_[i].second.clone();
    parameters_[i].second.copy_(averages_[i]);
    averages_[i].copy_(weight);
  }
}

NamedParameters Ema::state() const {
  NamedParameters named;
  for (size_t i = 0; i < averages_.size(); ++i)
    named.emplace_back(parameters_[i].first, averages_[i]);
  return named;
}

}  // namespace evax::train
