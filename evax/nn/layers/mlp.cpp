#include "evax/nn/layers/mlp.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>

#include "evax/nn/cpu.h"
#include "evax/nn/layers/fused_linear.h"

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Calls body(width of a half, row_of) for every row of `halves`; row_of(x, n) is where that row of
/// x begins, whose rows are n halves wide.
template <class Body>
void for_each_row(const at::Tensor& halves, const Body& body) {
  const size_t hidden = extent(halves, -1) / 2;
  const size_t half_bytes = hidden * halves.element_size();
  parallel_for(halves.numel() / halves.size(-1), rows_at_a_time, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row)
      body(hidden, [&](const at::Tensor& x, size_t n) {
        return static_cast<std::byte*>(x.mutable_data_ptr()) + row * n * half_bytes;
      });
  });
}

/// silu(gate) * value of the two halves of the last dimension. Keeps the halves alone, and writes
/// their gradients into one tensor: less memory traffic than the three operations by themselves,
/// and with the engine's kernel a single pass.
struct Gate : torch::autograd::Function<Gate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& halves) {
    context->save_for_backward({halves});
    const auto parts = halves.chunk(2, -1);
    const engine::Kernels* kernels = kernels_for(halves);
    if (kernels == nullptr) return at::silu(parts[0]).mul_(parts[1]);
    at::Tensor y = at::empty(parts[0].sizes(), halves.options());
    for_each_row(halves, [&](size_t hidden, const auto& row_of) {
      kernels->gate->forward(row_of(halves, 2), hidden, row_of(y, 1));
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor halves = context->get_saved_variables()[0];
    at::Tensor result = at::empty_like(halves);
    if (const engine::Kernels* kernels = kernels_for(halves)) {
      const at::Tensor d_y = gradients[0].contiguous();
      for_each_row(halves, [&](size_t hidden, const auto& row_of) {
        kernels->gate->backward(row_of(halves, 2), row_of(d_y, 1), hidden, row_of(result, 2));
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

at::Tensor Mlp::forward(const at::Tensor& x, const at::Tensor& residual) const {
  if (!gated_) return fc2_->forward(at::gelu(fc1_->forward(x)), residual);
  const at::Tensor halves = fc1_ ? fc1_->forward(x)
                                 : fused_linear(x, at::cat({fc1_g_->weight, fc1_x_->weight}),
                                                at::cat({fc1_g_->bias, fc1_x_->bias}));
  const at::Tensor y = Gate::apply(halves);
  return fc2_->forward(norm_ ? norm_->forward(y) : y, residual);
}

}  // namespace evax::nn
