#include "evax/train/optim/optimizer.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "evax/core/error.h"

namespace evax::train {
namespace {

// The number of "blocks.NUMBER.rest", or -1.
int block_of(std::string_view name) {
  constexpr std::string_view prefix = "blocks.";
  int block = -1;
  if (name.starts_with(prefix))
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), block);
  return block;
}

std::vector<at::Tensor> gradients_of(const NamedParameters& parameters) {
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : parameters)
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  return gradients;
}

// Parameters that are updated alike, by their place in the list.
struct Alike {
  Group group;
  std::vector<size_t> members;
};

// Shared by both optimisers: the parameters by group, and one state tensor a parameter and kind.
class Grouped : public Optimizer {
 public:
  Grouped(NamedParameters parameters, const std::vector<Group>& groups,
          std::vector<std::string> kinds)
      : parameters_(std::move(parameters)), kinds_(std::move(kinds)), states_(kinds_.size()) {
    if (groups.size() != parameters_.size())
      fail("optimizer: expected a group for each of {} parameters, found {}", parameters_.size(),
           groups.size());
    for (size_t i = 0; i < groups.size(); ++i) {
      const auto equal = [&](const Alike& alike) {
        return alike.group.lr_scale == groups[i].lr_scale &&
               alike.group.weight_decay == groups[i].weight_decay;
      };
      auto alike = std::find_if(alike_.begin(), alike_.end(), equal);
      if (alike == alike_.end()) alike = alike_.insert(alike_.end(), {groups[i], {}});
      alike->members.push_back(i);
      for (auto& state : states_) state.push_back(at::zeros_like(parameters_[i].second.detach()));
    }
  }

  void step(double lr) override {
    const c10::AutoGradMode no_gradients(false);
    ++steps_done_;
    for (const Alike& alike : alike_) {
      std::vector<at::Tensor> parameters, gradients;
      std::vector<std::vector<at::Tensor>> states(states_.size());
      for (const size_t i : alike.members) {
        const at::Tensor& parameter = parameters_[i].second;
        if (!parameter.grad().defined()) continue;
        parameters.push_back(parameter);
        gradients.push_back(parameter.grad());
        for (size_t k = 0; k < states.size(); ++k) states[k].push_back(states_[k][i]);
      }
      if (!parameters.empty())
        update(parameters, gradients, states, lr * alike.group.lr_scale, alike.group.weight_decay);
    }
  }

  NamedParameters state() override {
    NamedParameters named;
    for (size_t k = 0; k < kinds_.size(); ++k)
      for (size_t i = 0; i < parameters_.size(); ++i)
        named.emplace_back(kinds_[k] + "." + parameters_[i].first, states_[k][i]);
    return named;
  }
  int64_t steps_done() const override { return steps_done_; }
  void set_steps_done(int64_t steps) override { steps_done_ = steps; }

 protected:
  using Tensors = std::vector<at::Tensor>;
  virtual void update(const Tensors& parameters, const Tensors& gradients,
                      const std::vector<Tensors>& states, double lr, double weight_decay) = 0;

 private:
  NamedParameters parameters_;
  std::vector<std::string> kinds_;
  std::vector<Tensors> states_;  // [kind][parameter]
  std::vector<Alike> alike_;
  int64_t steps_done_ = 0;
};

// Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019; torch.optim.AdamW.
class AdamW : public Grouped {
 public:
  AdamW(const OptimRecipe& recipe, NamedParameters parameters, const std::vector<Group>& groups)
      : Grouped(std::move(parameters), groups, {"exp_avg", "exp_avg_sq"}),
        betas_(recipe.betas),
        eps_(recipe.eps) {
    if (betas_.size() != 2) fail("optim.betas: expected 2 numbers, found {}", betas_.size());
  }

 private:
  void update(const Tensors& parameters, const Tensors& gradients,
              const std::vector<Tensors>& states, double lr, double weight_decay) override {
    // The kernel wants its step count as float32; past 2^24 the bias corrections are 1 anyway.
    const at::Tensor step =
        at::full({}, static_cast<double>(steps_done()), parameters[0].options().dtype(at::kFloat));
    at::_fused_adamw_(parameters, gradients, states[0], states[1], {},
                      Tensors(parameters.size(), step), lr, betas_[0], betas_[1], weight_decay,
                      eps_, false, false);
  }

  std::vector<double> betas_;
  double eps_;
};

// torch.optim.SGD: weight decay adds to the gradient, no dampening, no Nesterov.
class Sgd : public Grouped {
 public:
  Sgd(const OptimRecipe& recipe, NamedParameters parameters, const std::vector<Group>& groups)
      : Grouped(std::move(parameters), groups, kinds(recipe.momentum)),
        momentum_(recipe.momentum) {}

 private:
  static std::vector<std::string> kinds(double momentum) {
    if (momentum == 0) return {};
    return {"momentum_buffer"};
  }

  void update(const Tensors& parameters, const Tensors& gradients,
              const std::vector<Tensors>& states, double lr, double weight_decay) override {
    at::_fused_sgd_(parameters, gradients, states.empty() ? Tensors() : states[0], weight_decay,
                    momentum_, lr, 0, false, false, steps_done() == 1);
  }

  double momentum_;
};

}  // namespace

Group layer_decay_group(const std::string& name, const at::Tensor& parameter, int depth,
                        double layer_decay, double weight_decay) {
  const bool embedding = name == "cls_token" || name == "pos_embed";
  const int block = block_of(name);
  const int last = depth + 1;
  const int id = embedding || name.starts_with("patch_embed.") ? 0 : block >= 0 ? block + 1 : last;
  return {std::pow(layer_decay, last - id), embedding || parameter.dim() == 1 ? 0 : weight_decay};
}

Group segmentation_group(const std::string& name, const at::Tensor& parameter,
                         const weights::ModelConfig& config, double layer_decay,
                         double weight_decay) {
  if (!config.is_transformer()) return {1, weight_decay};
  Group group = layer_decay_group(name, parameter, config.depth, layer_decay, weight_decay);
  // The original exempts them by names that "backbone." stands before.
  if (name == "pos_embed" || name == "cls_token") group.weight_decay = weight_decay;
  return group;
}

std::unique_ptr<Optimizer> Optimizer::make(const OptimRecipe& recipe, NamedParameters parameters,
                                           const std::vector<Group>& groups) {
  if (recipe.optimizer == "adamw")
    return std::make_unique<AdamW>(recipe, std::move(parameters), groups);
  if (recipe.optimizer == "sgd")
    return std::make_unique<Sgd>(recipe, std::move(parameters), groups);
  fail("optim.optimizer: expected adamw or sgd, found '{}'", recipe.optimizer);
}

at::Tensor gradient_norm(const NamedParameters& parameters) {
  const c10::AutoGradMode no_gradients(false);
  const auto gradients = gradients_of(parameters);
  if (gradients.empty()) return at::zeros({});
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)), 2);
}

void clip_gradients(const NamedParameters& parameters, const at::Tensor& norm, double limit) {
  const c10::AutoGradMode no_gradients(false);
  const auto gradients = gradients_of(parameters);
  if (!gradients.empty()) at::_foreach_mul_(gradients, (limit / (norm + 1e-6)).clamp_max(1.0));
}

void scale_gradients(const NamedParameters& parameters, double factor) {
  const c10::AutoGradMode no_gradients(false);
  const auto gradients = gradients_of(parameters);
  if (!gradients.empty()) at::_foreach_mul_(gradients, factor);
}

void zero_gradients(const NamedParameters& parameters) {
  for (const auto& [name, parameter] : parameters) parameter.mutable_grad().reset();
}

}  // namespace evax::train
