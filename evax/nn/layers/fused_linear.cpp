#include "evax/nn/layers/fused_linear.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "evax/nn/cpu.h"

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t least_rows = 64;  // to be worth packing a matrix for
constexpr int64_t panels_at_a_time = 8;

/// x [rows, k] times the matrix of columns that pack(first column, columns, out) packs, plus bias.
template <class Pack>
at::Tensor product(const at::Tensor& x, const at::Tensor& bias, const Pack& pack) {
  const engine::kernel::Gemm& gemm = *cpu_kernels().gemm;
  const size_t k = extent(x, 1);
  const size_t columns = extent(bias, 0);
  const at::Tensor packed = bytes(gemm.packed_bytes(columns, k));
  auto* weights = packed.mutable_data_ptr<uint8_t>();
  parallel_for(bias.size(0) / static_cast<int64_t>(gemm.panel), panels_at_a_time,
               [&](size_t begin, size_t end) {
                 const size_t first = begin * gemm.panel;
                 pack(first, (end - begin) * gemm.panel, weights + gemm.packed_bytes(first, k));
               });
  at::Tensor y = at::empty({x.size(0), bias.size(0)}, x.options());
  const auto* in = x.const_data_ptr<float>();
  const auto* shift = bias.const_data_ptr<float>();
  auto* out = y.mutable_data_ptr<float>();
  parallel_for(x.size(0), rows_at_a_time, [&](size_t begin, size_t end) {
    gemm.run({in + begin * k, k, weights, shift, out + begin * columns, columns, end - begin,
              columns, k, engine::kernel::Epilogue::floats});
  });
  return y;
}

// The gradient of the weights is left to LibTorch, whose product is as fast.
struct FusedLinear : torch::autograd::Function<FusedLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    const size_t k = extent(weight, 1);
    const auto* w = weight.const_data_ptr<float>();
    return product(x, bias, [&](size_t first, size_t columns, void* out) {
      std::vector<const float*> rows;
      for (size_t c = first; c < first + columns; ++c) rows.push_back(w + c * k);
      cpu_kernels().gemm->pack(rows.data(), columns, k, out);
    });
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor d_y = gradients[0].contiguous();
    variable_list result(3);
    if (context->needs_input_grad(0)) {
      const size_t stride = extent(weight, 1);
      const auto* w = weight.const_data_ptr<float>();
      const at::Tensor no_bias = at::zeros({weight.size(1)}, weight.options());
      result[0] = product(d_y, no_bias, [&](size_t first, size_t columns, void* out) {
        cpu_kernels().gemm->pack_rows(w + first, stride, columns, extent(weight, 0), out);
      });
    }
    if (context->needs_input_grad(1)) result[1] = d_y.t().mm(x);
    if (context->needs_input_grad(2)) result[2] = d_y.sum(0);
    return result;
  }
};

bool can_fuse(const at::Tensor& x, const at::Tensor& weight) {
  const auto panel = static_cast<int64_t>(cpu_kernels().gemm->panel);
  return suits_kernels(x) && suits_kernels(weight) && weight.is_contiguous() &&
         weight.size(0) % panel == 0 && weight.size(1) % panel == 0 &&
         x.numel() >= least_rows * weight.size(1);
}

}  // namespace

at::Tensor fused_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!can_fuse(x, weight)) return at::linear(x, weight, bias);
  const at::Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();
  const at::Tensor shift = bias.defined() ? bias : at::zeros({weight.size(0)}, weight.options());
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = weight.size(0);
  return FusedLinear::apply(rows, weight, shift).view(shape);
}

}  // namespace evax::nn
