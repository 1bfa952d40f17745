// The gradient of a linear layer against plain double-precision loops.

#include "evax/engine/kernels/weight_gradient.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <tuple>
#include <vector>

#include "evax/core/float16.h"
#include "evax/engine/memory.h"
#include "evax/engine/testing/before_abyss.h"
#include "evax/engine/testing/random.h"
#include "evax/engine/testing/targets.h"

namespace evax::engine {
namespace {

using testing::BeforeAbyss;

std::vector<uint16_t> narrowed(const std::vector<float>& x) {
  std::vector<uint16_t> y;
  for (const float value : x) y.push_back(float_to_bf16(value));
  return y;
}

struct Gradients {
  std::vector<float> weight, bias;
};

// In two parts, as two threads would.
Gradients gradients(const kernel::WeightGradientKernel& kernel, const std::vector<uint16_t>& d_y,
                    const std::vector<uint16_t>& x, size_t outputs, size_t inputs, size_t split) {
  const size_t rows = x.size() / inputs;
  BeforeAbyss left(std::as_bytes(std::span(d_y))), right(std::as_bytes(std::span(x)));
  const Buffer packed = allocate(kernel.packed_bytes(rows, inputs));
  Gradients result{std::vector<float>(outputs * inputs), std::vector<float>(outputs)};
  const kernel::WeightGradientCall call{
      left.data(),          right.data(),      rows, outputs, inputs, packed.get(),
      result.weight.data(), result.bias.data()};
  const auto in_two_parts = [&](const auto& body, size_t columns) {
    const size_t blocks = columns / kernel.block;
    const size_t middle = std::min(split, blocks);
    body(call, middle, blocks);
    body(call, 0, middle);
  };
  in_two_parts(kernel.pack, inputs);
  in_two_parts(kernel.multiply, outputs);
  return result;
}

TEST(WeightGradient, EqualsPlainSums) {
  for (const testing::NamedKernels& target : testing::all_kernels()) {
    if (target.kernels.weight_gradient == nullptr) continue;
    const kernel::WeightGradientKernel& kernel = *target.kernels.weight_gradient;
    for (const auto& [rows, outputs, inputs] :
         {std::tuple<size_t, size_t, size_t>{1, 1, 1}, {17, 2, 1}, {197, 1, 3}, {1370, 3, 2}}) {
      SCOPED_TRACE(
          fmt::format("{}: {} rows, {} outputs, {} inputs", target.name, rows, outputs, inputs));
      const size_t n = outputs * kernel.block;
      const size_t k = inputs * kernel.block;
      const auto d_y = narrowed(testing::random_values(rows * n, 1));
      const auto x = narrowed(testing::random_values(rows * k, 2));
      const Gradients found = gradients(kernel, d_y, x, n, k, 0);
      for (size_t i = 0; i < n; ++i) {
        double bias = 0;
        for (size_t row = 0; row < rows; ++row) bias += bf16_to_float(d_y[row * n + i]);
        ASSERT_NEAR(found.bias[i], bias, 1e-6 * static_cast<double>(rows));
        for (size_t j = 0; j < k; ++j) {
          double sum = 0;
          for (size_t row = 0; row < rows; ++row)
            sum += static_cast<double>(bf16_to_float(d_y[row * n + i])) *
                   bf16_to_float(x[row * k + j]);
          ASSERT_NEAR(found.weight[i * k + j], sum, 1e-6 * static_cast<double>(rows));
        }
      }
      const Gradients otherwise = gradients(kernel, d_y, x, n, k, 1);
      EXPECT_EQ(otherwise.weight, found.weight);
      EXPECT_EQ(otherwise.bias, found.bias);
    }
  }
}

}  // namespace
}  // namespace evax::engine
