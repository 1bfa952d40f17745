// The fused layers against LibTorch's own operators in float64.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "evax/engine/cpu.h"
#include "evax/nn/autocast.h"
#include "evax/nn/layers/fused_attention.h"
#include "evax/nn/layers/fused_linear.h"
#include "evax/nn/layers/mlp.h"
#include "evax/nn/testing.h"

namespace evax::nn {
namespace {

using testing::largest_difference;
using Tensors = std::vector<at::Tensor>;

at::Tensor leaf(at::IntArrayRef shape, bool learns = true) {
  return at::randn(shape).set_requires_grad(learns);
}
at::Tensor double_leaf(const at::Tensor& x) {
  return x.detach().to(at::kDouble).set_requires_grad(x.requires_grad());
}

/// The result of `function` and the gradients of what learns, weighted by fixed numbers.
Tensors result_and_gradients(const Tensors& inputs,
                             const std::function<at::Tensor(const Tensors&)>& function) {
  const at::Tensor y = function(inputs);
  // Without a rhythm that would let sums of them vanish.
  const at::Tensor weights =
      at::arange(y.numel(), at::kDouble).square().mul(0.37).sin().view(y.sizes());
  (y * weights.to(y.scalar_type())).sum().backward();
  Tensors all{y.detach()};
  for (const at::Tensor& input : inputs)
    if (input.requires_grad()) all.push_back(input.grad());
  return all;
}

/// tolerance: of the largest number of each tensor.
void expect_near(const Tensors& found, const Tensors& exact, double tolerance = 5e-6) {
  ASSERT_EQ(found.size(), exact.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].sizes(), exact[i].sizes());
    EXPECT_LE(largest_difference(found[i].to(at::kDouble), exact[i]),
              2e-6 + tolerance * exact[i].abs().max().item<double>())
        << i;
  }
}

// Inputs, results and gradients rounded to bfloat16's 8 bits, several of them on the way.
constexpr double bf16_tolerance = 1e-2;

struct LinearCase {
  std::vector<int64_t> x;
  int64_t outputs;
  bool bias, input_learns;
};

class FusedLinearTest : public ::testing::TestWithParam<LinearCase> {};
// Fused ones, and three that LibTorch takes: few rows, odd widths.
INSTANTIATE_TEST_SUITE_P(Shapes, FusedLinearTest,
                         ::testing::Values(LinearCase{{2, 197, 64}, 192, true, true},
                                           LinearCase{{131, 192}, 64, false, true},
                                           LinearCase{{3, 50, 128}, 1024, true, false},
                                           LinearCase{{70, 2048}, 64, true, true},
                                           LinearCase{{5, 64}, 64, true, true},
                                           LinearCase{{100, 64}, 14, true, true},
                                           LinearCase{{100, 30}, 64, false, true}));

TEST_P(FusedLinearTest, EqualsLibTorchsInFloat64) {
  const LinearCase& c = GetParam();
  const Tensors inputs{leaf(c.x, c.input_learns), leaf({c.outputs, c.x.back()}),
                       c.bias ? leaf({c.outputs}) : at::Tensor()};
  const auto given = [&](const Tensors& all) { return c.bias ? all : Tensors{all[0], all[1]}; };
  const auto bias_of = [&](const Tensors& all) { return c.bias ? all[2] : at::Tensor(); };
  Tensors exact_inputs;
  for (const at::Tensor& input : given(inputs)) exact_inputs.push_back(double_leaf(input));
  expect_near(result_and_gradients(
                  given(inputs),
                  [&](const Tensors& all) { return fused_linear(all[0], all[1], bias_of(all)); }),
              result_and_gradients(exact_inputs, [&](const Tensors& all) {
                return at::linear(all[0], all[1], bias_of(all));
              }));
}

TEST(FusedLinear, AddsAResidual) {
  for (const int64_t width : {64, 30}) {  // 30: LibTorch's
    const Tensors inputs{leaf({2, 50, width}), leaf({64, width}), leaf({64}), leaf({2, 50, 64})};
    Tensors exact_inputs, narrow_inputs;
    for (const at::Tensor& input : inputs) {
      exact_inputs.push_back(double_leaf(input));
      narrow_inputs.push_back(input.detach().clone().set_requires_grad(true));
    }
    const auto linear = [](const Tensors& all) {
      return fused_linear(all[0], all[1], all[2], all[3]);
    };
    const Tensors exact = result_and_gradients(exact_inputs, [](const Tensors& all) {
      return all[3] + at::linear(all[0], all[1], all[2]);
    });
    expect_near(result_and_gradients(inputs, linear), exact);
    const Tensors narrow = result_and_gradients(narrow_inputs, [&](const Tensors& all) {
      const Autocast autocast(at::kCPU, at::kBFloat16);
      return linear(all);
    });
    expect_near(narrow, exact, bf16_tolerance);
    for (const at::Tensor& x : narrow) EXPECT_EQ(x.scalar_type(), at::kFloat);
  }
}

TEST(FusedLinear, RowsDoNotDependOnTheThreads) {
  const at::Tensor x = at::randn({197, 64});
  const at::Tensor weight = at::randn({192, 64});
  const at::Tensor bias = at::randn({192});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = fused_linear(x, weight, bias);
  at::set_num_threads(3);
  EXPECT_TRUE(at::equal(fused_linear(x, weight, bias), alone));
  at::set_num_threads(threads);
}

TEST_P(FusedLinearTest, RoundsToBfloat16UnderAutocast) {
  const LinearCase& c = GetParam();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    Tensors inputs{
        at::randn(c.x).to(at::kBFloat16).to(type).set_requires_grad(c.input_learns),
        at::randn({c.outputs, c.x.back()}).to(at::kBFloat16).to(at::kFloat).set_requires_grad(true),
        leaf({c.outputs})};
    if (!c.bias) inputs.pop_back();
    const auto linear_of = [&](const auto& linear) {
      return [&](const Tensors& all) {
        return linear(all[0], all[1], c.bias ? all[2] : at::Tensor());
      };
    };
    Tensors exact_inputs;
    for (const at::Tensor& input : inputs) exact_inputs.push_back(double_leaf(input));
    const Tensors found = result_and_gradients(inputs, linear_of([](const auto&... all) {
                                                 const Autocast autocast(at::kCPU, at::kBFloat16);
                                                 return fused_linear(all...);
                                               }));
    expect_near(found, result_and_gradients(exact_inputs, linear_of([](const auto&... all) {
                                              return at::linear(all...);
                                            })),
                bf16_tolerance);
    EXPECT_EQ(found[0].scalar_type(), at::kBFloat16);
    EXPECT_EQ(found[1].scalar_type(), c.input_learns ? type : at::kFloat);
    EXPECT_EQ(found.back().scalar_type(), at::kFloat);
  }
}

TEST(FusedLinear, LeavesHalfPrecisionToLibTorch) {
  const at::Tensor x = at::randn({100, 64});
  const at::Tensor weight = at::randn({64, 64});
  const Autocast autocast(at::kCPU, at::kHalf);
  EXPECT_EQ(fused_linear(x, weight, {}).scalar_type(), at::kHalf);
}

// softmax(q kᵀ / 8) v with queries and keys rotated as complex numbers.
at::Tensor plain_attention(const at::Tensor& projections, const at::Tensor& table) {
  const auto rotated = [&](int64_t part) {
    const at::Tensor x = projections.select(2, part);
    if (!table.defined()) return x.transpose(1, 2);
    const at::Tensor turned = at::view_as_complex(x.unflatten(-1, {-1, 2})) *
                              at::view_as_complex(table.to(x.scalar_type())).unsqueeze(1);
    return at::view_as_real(turned).flatten(-2).transpose(1, 2);
  };
  const at::Tensor weights = (rotated(0).matmul(rotated(1).transpose(-2, -1)) / 8).softmax(-1);
  return weights.matmul(projections.select(2, 2).transpose(1, 2)).transpose(1, 2).flatten(2);
}

TEST(FusedAttention, EqualsThePlainFormulaInFloat64) {
  for (const bool rotary : {true, false})
    for (const auto& [images, tokens, heads] :
         {std::tuple<int64_t, int64_t, int64_t>{1, 5, 1}, {2, 17, 3}, {3, 197, 2}}) {
      SCOPED_TRACE(tokens);
      at::Tensor table;
      if (rotary) {
        const at::Tensor angles = at::arange(tokens * 32, at::kDouble).view({tokens, 32}) * 0.37;
        table = at::stack({angles.cos(), angles.sin()}, -1).to(at::kFloat);
      }
      const at::Tensor projections = leaf({images, tokens, 3, heads, 64});
      ASSERT_TRUE(can_fuse_attention(projections));
      const auto exact = result_and_gradients({double_leaf(projections)}, [&](const Tensors& all) {
        return plain_attention(all[0], table);
      });
      // As in a network, where the projections are a layer's result: they are rotated in place.
      expect_near(result_and_gradients(
                      {projections},
                      [&](const Tensors& all) { return fused_attention(all[0].mul(1), table); }),
                  exact);
      const at::Tensor narrow = projections.detach().to(at::kBFloat16).set_requires_grad(true);
      if (!can_fuse_attention(narrow)) continue;  // a CPU that does not multiply it
      expect_near(
          result_and_gradients(
              {narrow}, [&](const Tensors& all) { return fused_attention(all[0].mul(1), table); }),
          exact, 2 * bf16_tolerance);
    }
}

TEST(FusedAttention, DoesNotDependOnTheThreads) {
  const at::Tensor projections = at::randn({2, 37, 3, 2, 64});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = fused_attention(projections.clone(), {});
  at::set_num_threads(7);  // three to an image
  EXPECT_TRUE(at::equal(fused_attention(projections.clone(), {}), alone));
  at::set_num_threads(threads);
}

TEST(FusedAttention, LeavesOtherHeadsAndTypesToLibTorch) {
  EXPECT_FALSE(can_fuse_attention(at::zeros({1, 5, 3, 2, 32})));
  EXPECT_FALSE(can_fuse_attention(at::zeros({1, 5, 3, 2, 64}, at::kHalf)));
  EXPECT_EQ(can_fuse_attention(at::zeros({1, 5, 3, 2, 64}, at::kBFloat16)), engine::has_bf16());
}

TEST(Mlp, GateAndGradientsEqualLibTorchsInFloat64) {
  for (const char* const name : {"eva_x_tiny", "eva_x_base"}) {
    SCOPED_TRACE(name);
    const weights::ModelConfig config = *weights::published_config(name);
    Mlp mlp(config);
    for (at::Tensor& parameter : mlp.parameters())
      parameter.data().copy_(at::randn(parameter.sizes()) / 16);
    const at::Tensor x = leaf({2, 50, config.embed_dim});
    const auto run = [&](const at::Tensor& input) {
      mlp.zero_grad();
      Tensors all =
          result_and_gradients({input}, [&](const Tensors& in) { return mlp.forward(in[0]); });
      for (const at::Tensor& parameter : mlp.parameters()) all.push_back(parameter.grad().clone());
      return all;
    };
    const Tensors single = run(x);
    const at::Tensor again = x.detach().clone().set_requires_grad(true);
    Tensors narrow;
    {
      const Autocast autocast(at::kCPU, at::kBFloat16);
      narrow = run(again);
    }
    mlp.to(at::kDouble);
    const Tensors exact = run(double_leaf(x));
    expect_near(single, exact);
    expect_near(narrow, exact, 4 * bf16_tolerance);
  }
}

}  // namespace
}  // namespace evax::nn
