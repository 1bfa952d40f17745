#include "evax/nn/layers/mlp.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evax/nn/cpu.h"
#include "evax/nn/layers/fused_linear.h"

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Calls body(row, width of a half) for every row of `halves`.
template <class Body>
void for_each_row(const at::Tensor& halves, const Body& body) {
  const size_t hidden = extent(halves, -1) / 2;
  parallel_for(halves.numel() / halves.size(-1), rows_at_a_time, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) body(row, hidden);
  });
}

/// silu(gate) * value of the two halves of the last dimension. Keeps the halves alone, and writes
/// their gradients into one tensor: less memory traffic than the three operations by themselves,
/// and with the engine's kernel a single pass.
struct Gate : torch::autograd::Function<Gate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& halves) {
    context->save_for_backward({halves});
    const auto parts = halves.chunk(2, -1);
    if (!suits_kernels(halves)) return at::silu(parts[0]).mul_(parts[1]);
    at::Tensor y = at::empty(parts[0].sizes(), halves.options());
    const auto* in = halves.const_data_ptr<float>();
    auto* out = y.mutable_data_ptr<float>();
    for_each_row(halves, [&](size_t row, size_t hidden) {
      cpu_kernels().gate->forward(in + 2 * row * hidden, hidden, out + row * hidden);
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor halves = context->get_saved_variables()[0];
    at::Tensor result = at::empty_like(halves);
    if (suits_kernels(halves)) {
      const at::Tensor d_y = gradients[0].contiguous();
      const auto* in = halves.const_data_ptr<float>();
      const auto* d_out = d_y.const_data_ptr<float>();
      auto* d_in = result.mutable_data_ptr<float>();
      for_each_row(halves, [&](size_t row, size_t hidden) {
        cpu_kernels().gate->backward(in + 2 * row * hidden, d_out + row * hidden, hidden,
                                     d_in + 2 * row * hidden);
      });
      return {result};
    }
    const auto parts = halves.chunk(2, -1);
    auto out = result.chunk(2, -1);
    at::silu_backward_out(out[0], gradients[0] * parts[1], parts[0]);
    at::silu_out(out[1], parts[0]);
    out[1].mul_(gradients[0]);
    return {result};
  }
};

}  // namespace

Mlp::Mlp(const weights::ModelConfig& config) : gated_(config.swiglu()) {
  const int64_t width = config.embed_dim;
  const int64_t hidden = config.mlp_hidden;
  if (config.sub_ln) {
    fc1_g_ = register_module("fc1_g", std::make_shared<Linear>(width, hidden));
    fc1_x_ = register_module("fc1_x", std::make_shared<Linear>(width, hidden));
    norm_ = register_module("norm", std::make_shared<LayerNorm>(hidden));
  } else {
    fc1_ = register_module("fc1", std::make_shared<Linear>(width, (gated_ ? 2 : 1) * hidden));
  }
  fc2_ = register_module("fc2", std::make_shared<Linear>(hidden, width));
}

at::Tensor Mlp::forward(const at::Tensor& x) const {
  if (!gated_) return fc2_->forward(at::gelu(fc1_->forward(x)));
  const at::Tensor halves = fc1_ ? fc1_->forward(x)
                                 : fused_linear(x, at::cat({fc1_g_->weight, fc1_x_->weight}),
                                                at::cat({fc1_g_->bias, fc1_x_->bias}));
  const at::Tensor y = Gate::apply(halves);
  return fc2_->forward(norm_ ? norm_->forward(y) : y);
}

}  // namespace evax::nn
