#include "evax/nn/layers/rotary_embedding.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evax/weights/rope.h"

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor complex_pairs(const at::Tensor& channels) {
  return at::view_as_complex(channels.unflatten(-1, {-1, 2}));
}

// out = in * table in the table's precision, whatever type the channels have; in and out may be the
// same.
void multiply(const at::Tensor& in, const at::Tensor& table, const at::Tensor& out) {
  const at::ScalarType exact = at::toRealValueType(table.scalar_type());
  if (in.scalar_type() == exact) {
    at::Tensor target = complex_pairs(out);
    at::mul_out(target, complex_pairs(in), table);
  } else {
    out.copy_(at::view_as_real(complex_pairs(in.to(exact)) * table).flatten(-2));
  }
}

struct Rotate : torch::autograd::Function<Rotate> {
  static variable_list forward(AutogradContext* context, const at::Tensor& projections,
                               const at::Tensor& table) {
    context->save_for_backward({table});
    const at::Tensor rotated = projections.narrow(2, 0, 2);
    multiply(rotated, at::view_as_complex(table).unsqueeze(1).unsqueeze(1), rotated);
    return projections.unbind(2);
  }

  // One tensor for all three, so that the linear layer's gradient needs no concatenation.
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor table =
        at::view_as_complex(context->get_saved_variables()[0]).conj().resolve_conj().unsqueeze(1);
    const at::Tensor result = at::empty(
        {gradients[0].size(0), gradients[0].size(1), 3, gradients[0].size(2), gradients[0].size(3)},
        gradients[0].options());
    for (const int part : {0, 1}) multiply(gradients[part], table, result.select(2, part));
    result.select(2, 2).copy_(gradients[2]);
    return {result, at::Tensor()};
  }
};

}  // namespace

at::Tensor rotary_table(const weights::ModelConfig& config) {
  auto [cos, sin] = weights::rope_tables(config.grid(), config.rope_ref_grid);
  const int64_t patches = config.tokens() - 1;
  const auto pairs = [&](std::vector<float>& values) {
    return at::from_blob(values.data(), {patches, 32, 2}, at::kFloat).select(2, 0);
  };
  at::Tensor table = at::zeros({config.tokens(), 32, 2});
  table.select(2, 0).fill_(1);
  table.narrow(0, 1, patches).copy_(at::stack({pairs(cos), pairs(sin)}, 2));
  return table;
}

std::vector<at::Tensor> rotate(const at::Tensor& projections, const at::Tensor& table) {
  return Rotate::apply(projections, table);
}

}  // namespace evax::nn
