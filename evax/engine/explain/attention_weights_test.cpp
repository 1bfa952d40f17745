// The softmax of the attention kernels, of every instruction set, against plain double-precision
// loops.

#include <gtest/gtest.h>

#include <cmath>

#include "evax/engine/memory.h"
#include "evax/engine/testing/activations.h"
#include "evax/engine/testing/random.h"
#include "evax/engine/testing/targets.h"

namespace evax::engine {
namespace {

using kernel::head_dim;
using testing::Activations;

class AttentionWeights : public ::testing::TestWithParam<testing::NamedKernels> {};
INSTANTIATE_TEST_SUITE_P(Targets, AttentionWeights, ::testing::ValuesIn(testing::all_kernels()),
                         [](const auto& target) {
                           std::string name = target.param.name;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

TEST_P(AttentionWeights, AreTheSoftmaxOfTheScores) {
  const Kernels& kernels = GetParam().kernels;
  const size_t tokens = 53, heads = 2, width = heads * head_dim, stride = tokens + 3;
  const auto values = testing::random_values(tokens * 3 * width, 1, 2);
  Activations qkv(kernels, values, tokens, 3 * width, 3 * width);
  const std::vector<float> cos(tokens * head_dim, 1.0F), sin(tokens * head_dim, 0.0F);
  const Buffer packed = allocate(kernels.attention->packed_bytes(tokens, heads));
  const Buffer scratch = allocate(kernels.attention->scratch_bytes(tokens));
  const kernel::AttentionCall call{
      qkv.data(), qkv.stride(), cos.data(), sin.data(), packed.get(), nullptr, 0, tokens, heads};
  kernels.attention->pack(call, 0, tokens);

  const size_t first = 2, last = 31;
  const std::vector<float> seen = qkv.floats();  // as rounded
  for (size_t head = 0; head < heads; ++head) {
    std::vector<float> weights((last - first) * stride, -1.0F);
    kernels.attention->weights(call, head, first, last, scratch.get(), weights.data(), stride);
    for (size_t row = first; row < last; ++row) {
      std::vector<double> expected(tokens);
      double sum = 0;
      for (size_t token = 0; token < tokens; ++token) {
        double score = 0;
        for (size_t c = 0; c < head_dim; ++c)
          score += static_cast<double>(seen[row * 3 * width + head * head_dim + c]) *
                   seen[(token * 3 + 1) * width + head * head_dim + c];
        sum += expected[token] = std::exp(score / 8);
      }
      const float* found = weights.data() + (row - first) * stride;
      for (size_t token = 0; token < tokens; ++token)
        ASSERT_NEAR(found[token], expected[token] / sum, 2e-6) << row << ", " << token;
      for (size_t token = tokens; token < stride; ++token) ASSERT_EQ(found[token], -1);
    }
  }
}

}  // namespace
}  // namespace evax::engine
