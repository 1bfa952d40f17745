// The gradient of attention at the token counts of networks against its formula in double
// precision; kernels_test.cpp compares it with differences, at small counts.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "evax/core/float16.h"
#include "evax/engine/kernels/kernels.h"
#include "evax/engine/memory.h"
#include "evax/engine/testing/activations.h"
#include "evax/engine/testing/before_abyss.h"
#include "evax/engine/testing/random.h"
#include "evax/engine/testing/targets.h"

namespace evax::engine {
namespace {

using testing::Activations;
using testing::BeforeAbyss;
using testing::NamedKernels;

class AttentionGradientTest : public ::testing::TestWithParam<NamedKernels> {};

INSTANTIATE_TEST_SUITE_P(Targets, AttentionGradientTest,
                         ::testing::ValuesIn(testing::all_kernels()), [](const auto& target) {
                           std::string name = target.param.name;
                           std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                           return name;
                         });

std::vector<float> rounded_values(size_t count, uint64_t stream, float scale) {
  std::vector<float> values = testing::random_values(count, stream, scale);
  for (float& value : values) value = bf16_to_float(float_to_bf16(value));
  return values;
}

// One head, without rotation: qkv [tokens, 3, 64], d_out [tokens, 64].
struct Case {
  explicit Case(size_t count)
      : tokens(count),
        qkv(rounded_values(count * 3 * 64, 1, 1.5F)),
        d_out(rounded_values(count * 64, 2, 1)),
        d_qkv(count * 3 * 64) {
    for (size_t i = 0; i < tokens; ++i) {
      std::vector<double> weights(tokens), d_weights(tokens);
      double sum = 0, mean = 0;
      for (size_t j = 0; j < tokens; ++j) {
        weights[j] = std::exp(dot(at(0, i), at(1, j)) / 8);
        d_weights[j] = dot(&d_out[i * 64], at(2, j));
        sum += weights[j];
        mean += weights[j] * d_weights[j];
      }
      mean /= sum;
      for (size_t j = 0; j < tokens; ++j) {
        const double weight = weights[j] / sum;
        const double slope = weight * (d_weights[j] - mean) / 8;
        for (size_t c = 0; c < 64; ++c) {
          d_qkv[i * 192 + c] += slope * at(1, j)[c];
          d_qkv[j * 192 + 64 + c] += slope * at(0, i)[c];
          d_qkv[j * 192 + 128 + c] += weight * d_out[i * 64 + c];
        }
      }
    }
  }

  const float* at(size_t part, size_t token) const { return &qkv[(token * 3 + part) * 64]; }
  static double dot(const float* a, const float* b) {
    double sum = 0;
    for (size_t c = 0; c < 64; ++c) sum += static_cast<double>(a[c]) * b[c];
    return sum;
  }

  size_t tokens;
  std::vector<float> qkv, d_out;
  std::vector<double> d_qkv;
};

const Case& case_of(size_t tokens) {
  static std::map<size_t, Case> cases;
  return cases.try_emplace(tokens, tokens).first->second;
}

TEST_P(AttentionGradientTest, EqualsItsFormulaAtTheTokensOfNetworks) {
  const Kernels& kernels = GetParam().kernels;
  for (const size_t tokens : {17, 197, 785, 1025, 1370}) {
    SCOPED_TRACE(tokens);
    const Case& c = case_of(tokens);
    const std::vector<float> cos(tokens * 64, 1.0F), sin(tokens * 64, 0.0F);
    const auto without_slack = [&](const std::vector<float>& x) {
      std::vector<std::byte> bytes(x.size() * kernels.element);
      kernels.from_floats(x.data(), bytes.data(), x.size());
      return bytes;
    };
    BeforeAbyss qkv(without_slack(c.qkv)), d_out(without_slack(c.d_out));
    Activations found(kernels, tokens, 192, 192);
    const Buffer scratch = allocate(kernels.attention_gradient->scratch_bytes(tokens));
    kernels.attention_gradient->run(
        {qkv.data(), d_out.data(), found.data(), 192, 64, cos.data(), sin.data(), tokens, 1}, 0,
        scratch.get());
    const auto values = found.floats();
    // Of queries, keys and values, whose sizes differ.
    double error[3] = {}, size[3] = {};
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t part = i % 192 / 64;
      error[part] = std::max(error[part], std::fabs(values[i] - c.d_qkv[i]));
      size[part] = std::max(size[part], std::fabs(c.d_qkv[i]));
    }
    for (size_t part = 0; part < 3; ++part)
      EXPECT_LT(error[part], size[part] * (kernels.element == 2 ? 1e-2 : 1e-5)) << part;
  }
}

}  // namespace
}  // namespace evax::engine
