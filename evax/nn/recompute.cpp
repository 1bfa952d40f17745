#include "evax/nn/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <utility>

#include "evax/nn/autocast.h"

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Computation = std::function<at::Tensor(const at::Tensor&)>;

/// What backward needs besides tensors, in the only wrapping that the context stores.
struct Call : torch::CustomClassHolder {
  Call(Computation function_, std::optional<at::ScalarType> autocast_)
      : function(std::move(function_)), autocast(autocast_) {}

  Computation function;
  std::optional<at::ScalarType> autocast;
};

struct Recompute : torch::autograd::Function<Recompute> {
  static at::Tensor forward(AutogradContext* context, const Computation& function,
                            const at::Tensor& x, at::TensorList parameters) {
    const auto autocast = Autocast::current(x.device().type());
    context->saved_data["call"] =
        c10::IValue::make_capsule(c10::make_intrusive<Call>(function, autocast));
    variable_list saved{x};
    saved.insert(saved.end(), parameters.begin(), parameters.end());
    context->save_for_backward(std::move(saved));
    const Autocast setting(x.device().type(), autocast);
    return function(x);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data["call"].toCapsule();
    const Call& call = static_cast<const Call&>(*capsule);
    variable_list inputs = context->get_saved_variables();
    const at::AutoGradMode enable(true);
    const Autocast setting(inputs[0].device().type(), call.autocast);
    inputs[0] = inputs[0].detach().set_requires_grad(inputs[0].requires_grad());
    const at::Tensor y = call.function(inputs[0]);

    variable_list wanted;
    for (const at::Tensor& input : inputs)
      if (input.requires_grad()) wanted.push_back(input);
    const variable_list found =
        torch::autograd::grad({y}, wanted, gradients, /*retain_graph=*/{},
                              /*create_graph=*/false, /*allow_unused=*/true);
    variable_list result(1);  // the function itself has no gradient
    auto next = found.begin();
    for (const at::Tensor& input : inputs)
      result.push_back(input.requires_grad() ? *next++ : at::Tensor());
    return result;
  }
};

}  // namespace

at::Tensor recompute(const Computation& function, const at::Tensor& x,
                     const std::vector<at::Tensor>& parameters) {
  return Recompute::apply(function, x, at::TensorList(parameters));
}

}  // namespace evax::nn
