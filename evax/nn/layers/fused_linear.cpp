#include "evax/nn/layers/fused_linear.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "evax/nn/autocast.h"
#include "evax/nn/cpu.h"

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t least_rows = 64;  // to be worth packing a matrix for
constexpr int64_t panels_at_a_time = 8;
constexpr int64_t blocks_at_a_time = 4;  // whose transpose stays in the cache

/// x as the kernels' activations.
at::Tensor activations(const engine::Kernels& kernels, const at::Tensor& x, at::ScalarType type) {
  if (x.scalar_type() == type) return x;
  at::Tensor y = at::empty(x.sizes(), x.options().dtype(type));
  const auto* in = x.const_data_ptr<float>();
  auto* out = static_cast<std::byte*>(y.mutable_data_ptr());
  parallel_for(x.size(0), rows_at_a_time, [&](size_t begin, size_t end) {
    const size_t k = extent(x, 1);
    kernels.from_floats(in + begin * k, out + begin * k * kernels.element, (end - begin) * k);
  });
  return y;
}

/// x [rows, k] times the matrix of columns that pack(first column, columns, out) packs, plus bias
/// and residual; in `type`: float32, as with a residual, or x's own.
template <class Pack>
at::Tensor product(const at::Tensor& x, const at::Tensor& bias,
                   const std::optional<at::Tensor>& residual, at::ScalarType type,
                   const Pack& pack) {
  const engine::Kernels& kernels = *kernels_for(x);
  const engine::kernel::Gemm& gemm = *kernels.gemm;
  const size_t k = extent(x, 1);
  const size_t columns = extent(bias, 0);
  const at::Tensor packed = bytes(gemm.packed_bytes(columns, k));
  auto* weights = packed.mutable_data_ptr<uint8_t>();
  parallel_for(bias.size(0) / static_cast<int64_t>(gemm.panel), panels_at_a_time,
               [&](size_t begin, size_t end) {
                 const size_t first = begin * gemm.panel;
                 pack(first, (end - begin) * gemm.panel, weights + gemm.packed_bytes(first, k));
               });
  at::Tensor y = at::empty({x.size(0), bias.size(0)}, x.options().dtype(type));
  const auto* in = static_cast<const std::byte*>(x.const_data_ptr());
  const auto* shift = bias.const_data_ptr<float>();
  auto* out = static_cast<std::byte*>(y.mutable_data_ptr());
  const auto* before =
      residual ? static_cast<const std::byte*>(residual->const_data_ptr()) : nullptr;
  const auto epilogue = before != nullptr    ? engine::kernel::Epilogue::add
                        : type == at::kFloat ? engine::kernel::Epilogue::floats
                                             : engine::kernel::Epilogue::store;
  parallel_for(x.size(0), rows_at_a_time, [&](size_t begin, size_t end) {
    const size_t row_bytes = columns * y.element_size();
    std::byte* part = out + begin * row_bytes;
    if (before != nullptr) std::memcpy(part, before + begin * row_bytes, (end - begin) * row_bytes);
    gemm.run({in + begin * k * kernels.element, k, weights, shift, part, columns, end - begin,
              columns, k, epilogue});
  });
  return y;
}

/// Gradients of the weights and of the bias, float32; d_y [rows, outputs], x [rows, inputs].
std::pair<at::Tensor, at::Tensor> parameter_gradients(
    const engine::kernel::WeightGradientKernel& kernel, const at::Tensor& d_y,
    const at::Tensor& x) {
  const at::Tensor d_weight = at::empty({d_y.size(1), x.size(1)}, at::kFloat);
  const at::Tensor d_bias = at::empty({d_y.size(1)}, at::kFloat);
  const size_t rows = extent(x, 0), outputs = extent(d_y, 1), inputs = extent(x, 1);
  const at::Tensor packed = bytes(kernel.packed_bytes(rows, inputs));
  const engine::kernel::WeightGradientCall call{d_y.const_data_ptr(),
                                                x.const_data_ptr(),
                                                rows,
                                                outputs,
                                                inputs,
                                                packed.mutable_data_ptr(),
                                                d_weight.mutable_data_ptr<float>(),
                                                d_bias.mutable_data_ptr<float>()};
  const auto block = static_cast<int64_t>(kernel.block);
  parallel_for(x.size(1) / block, blocks_at_a_time,
               [&](size_t begin, size_t end) { kernel.pack(call, begin, end); });
  parallel_for(d_y.size(1) / block, blocks_at_a_time,
               [&](size_t begin, size_t end) { kernel.multiply(call, begin, end); });
  return {d_weight, d_bias};
}

// Without tiles the gradients of weights and bias are left to LibTorch, whose product is as fast in
// float32 and not far behind in bf16.
struct FusedLinear : torch::autograd::Function<FusedLinear> {
  // x: float32, or `type`, in which the product is computed.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const std::optional<at::Tensor>& residual,
                            at::ScalarType type) {
    const engine::Kernels& kernels = *kernels_for(x.device(), type);
    const at::Tensor rows = activations(kernels, x, type);
    context->save_for_backward({rows, weight});
    context->saved_data["input"] = x.scalar_type();
    context->saved_data["residual"] = residual.has_value();
    const size_t k = extent(weight, 1);
    const auto* w = weight.const_data_ptr<float>();
    return product(rows, bias, residual, residual ? at::kFloat : type,
                   [&](size_t first, size_t columns, void* out) {
                     std::vector<const float*> sources;
                     for (size_t c = first; c < first + columns; ++c) sources.push_back(w + c * k);
                     kernels.gemm->pack(sources.data(), columns, k, out);
                   });
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const engine::Kernels& kernels = *kernels_for(x);
    const at::Tensor d_sum = gradients[0].contiguous();
    const at::Tensor d_y = activations(kernels, d_sum, x.scalar_type());
    variable_list result(5);
    if (context->needs_input_grad(0)) {
      const size_t stride = extent(weight, 1);
      const auto* w = weight.const_data_ptr<float>();
      const at::Tensor no_bias = at::zeros({weight.size(1)}, weight.options());
      result[0] =
          product(d_y, no_bias, std::nullopt, context->saved_data["input"].toScalarType(),
                  [&](size_t first, size_t columns, void* out) {
                    kernels.gemm->pack_rows(w + first, stride, columns, extent(weight, 0), out);
                  });
    }
    if (kernels.weight_gradient != nullptr) {
      if (context->needs_input_grad(1) || context->needs_input_grad(2))
        std::tie(result[1], result[2]) = parameter_gradients(*kernels.weight_gradient, d_y, x);
    } else {
      if (context->needs_input_grad(1)) result[1] = d_y.t().mm(x).to(at::kFloat);
      if (context->needs_input_grad(2)) result[2] = d_sum.sum(0).to(at::kFloat);
    }
    if (context->saved_data["residual"].toBool()) result[3] = d_sum;
    return result;
  }
};

/// Autocast's type, or x's own.
at::ScalarType type_of_product(const at::Tensor& x) {
  return Autocast::current(x.device().type()).value_or(x.scalar_type());
}

bool can_fuse(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& residual) {
  const engine::Kernels* kernels = kernels_for(x.device(), type_of_product(x));
  if (kernels == nullptr) return false;
  const auto panel = static_cast<int64_t>(kernels->gemm->panel);
  return (x.scalar_type() == at::kFloat || x.scalar_type() == type_of_product(x)) &&
         weight.scalar_type() == at::kFloat && weight.is_contiguous() &&
         (!residual.defined() || residual.scalar_type() == at::kFloat) &&
         weight.size(0) % panel == 0 && weight.size(1) % panel == 0 &&
         x.numel() >= least_rows * weight.size(1);
}

}  // namespace

at::Tensor add_residual(const at::Tensor& y, const at::Tensor& residual) {
  return y.scalar_type() == residual.scalar_type() ? y.add_(residual) : residual + y;
}

at::Tensor fused_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                        const at::Tensor& residual) {
  if (!can_fuse(x, weight, residual)) {
    const at::Tensor y = at::linear(x, weight, bias);
    return residual.defined() ? add_residual(y, residual) : y;
  }
  const auto rows_of = [](const at::Tensor& all) {
    return all.reshape({-1, all.size(-1)}).contiguous();
  };
  const auto before = residual.defined() ? std::optional(rows_of(residual)) : std::nullopt;
  const at::Tensor shift = bias.defined() ? bias : at::zeros({weight.size(0)}, weight.options());
  std::vector<int64_t> shape = x.sizes().vec();
  shape.back() = weight.size(0);
  return FusedLinear::apply(rows_of(x), weight, shift, before, type_of_product(x)).view(shape);
}

}  // namespace evax::nn
