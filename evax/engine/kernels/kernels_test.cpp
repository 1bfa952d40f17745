// Every kernel of every instruction set against plain double-precision loops.

#include "evax/engine/kernels/kernels.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "evax/engine/cpu.h"
#include "evax/engine/memory.h"
#include "evax/engine/testing/activations.h"
#include "evax/engine/testing/before_abyss.h"
#include "evax/engine/testing/random.h"
#include "evax/engine/testing/targets.h"

namespace evax::engine {
namespace {

using kernel::Epilogue;
using testing::Activations;
using testing::BeforeAbyss;
using testing::NamedKernels;
using testing::random_values;

class KernelTest : public ::testing::TestWithParam<NamedKernels> {
 protected:
  const Kernels& kernels() const { return GetParam().kernels; }
  bool bf16() const { return kernels().element == 2; }
  /// Inputs as the kernel sees them.
  std::vector<float> rounded(std::vector<float> values) const {
    if (bf16())
      for (float& value : values) value = bf16_to_float(float_to_bf16(value));
    return values;
  }
  /// Of a result of size 1: rounding of the sums, plus that of a bf16 output.
  double tolerance() const { return bf16() ? 0x1p-8 : 2e-6; }
};

std::string test_name(const ::testing::TestParamInfo<NamedKernels>& target) {
  std::string name = target.param.name;
  std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
  return name;
}

INSTANTIATE_TEST_SUITE_P(Targets, KernelTest, ::testing::ValuesIn(testing::all_kernels()),
                         test_name);

double silu(double x) { return x / (1 + std::exp(-x)); }
double gelu(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }

struct GemmSize {
  size_t rows, columns, k;
};

std::vector<GemmSize> gemm_sizes() {
  std::vector<GemmSize> sizes;
  for (size_t rows = 1; rows <= 14; ++rows) sizes.push_back({rows, 1, 3});
  for (const size_t k : {1, 2, 63, 64, 341}) sizes.push_back({17, 2, k});
  sizes.push_back({197, 1, 2500});   // several blocks of k
  sizes.push_back({1025, 1, 1024});  // several blocks of rows
  sizes.push_back({270, 9, 1100});   // of rows, columns and k
  sizes.push_back({785, 1, 384});
  sizes.push_back({1370, 1, 64});
  return sizes;  // columns in panels
}

// x wᵀ + b, with the scale of its terms.
struct Product {
  double value, scale;
};

Product product(const float* x, const float* w, float bias, size_t k) {
  Product p{bias, std::fabs(bias)};
  for (size_t i = 0; i < k; ++i) {
    p.value += static_cast<double>(x[i]) * w[i];
    p.scale += std::fabs(static_cast<double>(x[i]) * w[i]);
  }
  return p;
}

class GemmRun {
 public:
  GemmRun(const Kernels& kernels, const GemmSize& size, const std::vector<float>& x,
          const std::vector<float>& w, const std::vector<float>& bias)
      : kernels_(kernels),
        size_(size),
        x_(kernels, x, size.rows, size.k, padded_stride(size.k, kernels.element)),
        bias_(bias),
        packed_(allocate(kernels.gemm->packed_bytes(bias.size(), size.k))) {
    std::vector<const float*> columns;
    for (size_t c = 0; c < bias.size(); ++c) columns.push_back(w.data() + c * size.k);
    kernels.gemm->pack(columns.data(), columns.size(), size.k, packed_.get());
  }

  void operator()(Epilogue epilogue, void* y, size_t y_stride) {
    kernels_.gemm->run({x_.data(), x_.stride(), packed_.get(), bias_.data(), y, y_stride,
                        size_.rows, bias_.size(), size_.k, epilogue});
  }

 private:
  const Kernels& kernels_;
  GemmSize size_;
  Activations x_;
  const std::vector<float>& bias_;
  Buffer packed_;
};

TEST_P(KernelTest, GemmEpiloguesEqualPlainSums) {
  const size_t panel = kernels().gemm->panel;
  for (const GemmSize& size : gemm_sizes()) {
    SCOPED_TRACE(fmt::format("{} rows, k {}", size.rows, size.k));
    const size_t n = size.columns * panel;
    const auto x = rounded(random_values(size.rows * size.k, 1));
    const auto w = rounded(random_values(n * size.k, 2));
    const auto bias = random_values(n, 3);
    const auto residual = random_values(size.rows * n, 4);
    GemmRun run(kernels(), size, x, w, bias);
    Activations stored(kernels(), size.rows, n, n + 5);
    Activations activated(kernels(), size.rows, n, n + 5);
    Activations gated(kernels(), size.rows, n / 2, n + 5);
    std::vector<float> added = residual, floats(added.size()), rectified(added.size());
    run(Epilogue::floats, floats.data(), n);
    run(Epilogue::relu, rectified.data(), n);
    run(Epilogue::store, stored.data(), stored.stride());
    run(Epilogue::gelu, activated.data(), activated.stride());
    run(Epilogue::swiglu, gated.data(), gated.stride());
    run(Epilogue::add, added.data(), n);
    const auto store = stored.floats();
    const auto gelus = activated.floats();
    const auto swiglu = gated.floats();
    for (size_t r = 0; r < size.rows; ++r)
      for (size_t c = 0; c < n; ++c) {
        const Product p = product(&x[r * size.k], &w[c * size.k], bias[c], size.k);
        const double sum_error = 2e-6 * p.scale;
        ASSERT_NEAR(store[r * n + c], p.value,
                    sum_error + (bf16() ? 0x1p-8 : 0) * std::fabs(p.value));
        ASSERT_NEAR(gelus[r * n + c], gelu(p.value),
                    sum_error + 5e-7 + tolerance() * std::fabs(gelu(p.value)));
        ASSERT_NEAR(added[r * n + c], p.value + residual[r * n + c], sum_error + 1e-6);
        ASSERT_NEAR(floats[r * n + c], p.value, sum_error);
        ASSERT_NEAR(rectified[r * n + c], std::max(p.value, 0.0), sum_error);
        if (c % panel >= panel / 2) continue;  // a gate; its value is half a panel further
        const Product value =
            product(&x[r * size.k], &w[(c + panel / 2) * size.k], bias[c + panel / 2], size.k);
        const double expected = silu(p.value) * value.value;
        ASSERT_NEAR(swiglu[r * (n / 2) + c / panel * (panel / 2) + c % panel], expected,
                    tolerance() * std::fabs(expected) + 2e-6 * (1 + p.scale) * (1 + value.scale));
      }
  }
}

TEST_P(KernelTest, GemmRowsDoNotDependOnEachOther) {
  const size_t panel = kernels().gemm->panel;
  const size_t k = 1500;
  const GemmSize all{200, 1, k};
  const auto x = random_values(all.rows * k, 1);
  const auto w = random_values(panel * k, 2);
  const auto bias = random_values(panel, 3);
  std::vector<float> together(all.rows * panel);
  GemmRun(kernels(), all, x, w, bias)(Epilogue::add, together.data(), panel);
  for (size_t begin = 0, rows = 1; begin + rows <= all.rows; begin += rows, rows += 3) {
    const std::vector<float> part(x.begin() + static_cast<ptrdiff_t>(begin * k), x.end());
    std::vector<float> alone(rows * panel);
    GemmRun(kernels(), {rows, 1, k}, part, w, bias)(Epilogue::add, alone.data(), panel);
    ASSERT_TRUE(std::equal(alone.begin(), alone.end(),
                           together.begin() + static_cast<ptrdiff_t>(begin * panel)));
  }
}

TEST_P(KernelTest, GemmPacksMissingColumnsAsZeros) {
  const size_t panel = kernels().gemm->panel;
  const std::vector<const float*> columns(panel, nullptr);
  const std::vector<float> bias(panel, 0.0F);
  Buffer packed = allocate(kernels().gemm->packed_bytes(panel, 5));
  kernels().gemm->pack(columns.data(), panel, 5, packed.get());
  Activations x(kernels(), random_values(15, 1), 3, 5, 8);
  std::vector<float> y(3 * panel, 1.0F);
  kernels().gemm->run(
      {x.data(), 8, packed.get(), bias.data(), y.data(), panel, 3, panel, 5, Epilogue::add});
  EXPECT_EQ(y, std::vector<float>(3 * panel, 1.0F));
}

TEST_P(KernelTest, GemmPacksRowsAsTheirTranspose) {
  const size_t columns = 2 * kernels().gemm->panel;
  for (const size_t k : {1, 6, 33}) {
    const size_t stride = columns + 3;
    const auto w = random_values(k * stride, 1);
    std::vector<float> transposed(columns * k);
    std::vector<const float*> sources;
    for (size_t c = 0; c < columns; ++c) {
      for (size_t i = 0; i < k; ++i) transposed[c * k + i] = w[i * stride + c];
      sources.push_back(&transposed[c * k]);
    }
    const size_t size = kernels().gemm->packed_bytes(columns, k);
    const Buffer expected = allocate(size);
    const Buffer packed = allocate(size);
    kernels().gemm->pack(sources.data(), columns, k, expected.get());
    kernels().gemm->pack_rows(w.data(), stride, columns, k, packed.get());
    EXPECT_EQ(std::memcmp(packed.get(), expected.get(), size), 0) << k;
  }
}

TEST_P(KernelTest, GateAndItsGradientEqualTheFormula) {
  for (const size_t hidden : {1, 15, 16, 33, 512}) {
    SCOPED_TRACE(hidden);
    const auto halves = rounded(random_values(2 * hidden, 1, 6));
    const auto d_y = rounded(random_values(hidden, 2));
    Activations in(kernels(), halves, 1, 2 * hidden, 2 * hidden);
    Activations d_out(kernels(), d_y, 1, hidden, hidden);
    Activations out(kernels(), std::vector<float>(hidden + 1, 7.0F), 1, hidden + 1, hidden + 1);
    Activations d_in(kernels(), std::vector<float>(2 * hidden + 1, 7.0F), 1, 2 * hidden + 1,
                     2 * hidden + 1);
    kernels().gate->forward(in.data(), hidden, out.data());
    kernels().gate->backward(in.data(), d_out.data(), hidden, d_in.data());
    const auto y = out.floats();
    const auto d_halves = d_in.floats();
    const auto expect_near = [&](float found, double expected) {
      ASSERT_NEAR(found, expected, 1e-5 + (bf16() ? 0x1p-8 : 0) * std::fabs(expected));
    };
    for (size_t i = 0; i < hidden; ++i) {
      const double gate = halves[i];
      const double value = halves[hidden + i];
      const double sigmoid = 1 / (1 + std::exp(-gate));
      expect_near(y[i], gate * sigmoid * value);
      expect_near(d_halves[i], d_y[i] * value * sigmoid * (1 + gate * (1 - sigmoid)));
      expect_near(d_halves[hidden + i], d_y[i] * gate * sigmoid);
    }
    EXPECT_EQ(y[hidden], 7.0F);
    EXPECT_EQ(d_halves[2 * hidden], 7.0F);
  }
}

TEST_P(KernelTest, LayerNormHasMeanZeroAndVarianceOne) {
  for (const size_t width : {1, 7, 64, 192, 341, 768}) {
    SCOPED_TRACE(width);
    const size_t rows = 3;
    auto x = rounded(random_values(rows * width, 1, 4));
    for (float& value : x) value += 8;  // a mean that a careless variance would lose digits to
    const auto weight = random_values(width, 2);
    const auto bias = random_values(width, 3);
    Activations y(kernels(), rows, width, width + 3);
    kernels().layer_norm->stream(
        {x.data(), width, y.data(), y.stride(), weight.data(), bias.data(), rows, width});
    Activations in_place(kernels(), x, rows, width, width + 3);
    const auto hidden_input = in_place.floats();
    kernels().layer_norm->hidden({in_place.data(), in_place.stride(), in_place.data(),
                                  in_place.stride(), weight.data(), bias.data(), rows, width});
    const auto check = [&](const std::vector<float>& input, const std::vector<float>& result) {
      for (size_t r = 0; r < rows; ++r) {
        double mean = 0, variance = 0;
        for (size_t c = 0; c < width; ++c) mean += input[r * width + c];
        mean /= static_cast<double>(width);
        for (size_t c = 0; c < width; ++c)
          variance += std::pow(input[r * width + c] - mean, 2) / static_cast<double>(width);
        for (size_t c = 0; c < width; ++c) {
          const double expected =
              (input[r * width + c] - mean) / std::sqrt(variance + 1e-6) * weight[c] + bias[c];
          ASSERT_NEAR(result[r * width + c], expected,
                      tolerance() * std::fabs(expected) + (width == 1 ? 1e-2 : 1e-5));
        }
      }
    };
    check(x, y.floats());
    check(hidden_input, in_place.floats());
  }
}

TEST_P(KernelTest, MapsBlendAndRectify) {
  for (const size_t count : {1, 15, 16, 33, 256}) {
    const auto a = random_values(count, 1);
    const auto b = random_values(count, 2);
    const auto before = random_values(count + 1, 3);
    std::vector<float> y = before;
    kernels().map->blend(a.data(), 0.25F, b.data(), 0.75F, y.data(), count);
    for (size_t i = 0; i < count; ++i)
      ASSERT_NEAR(y[i], before[i] + 0.25 * a[i] + 0.75 * b[i], 1e-6);
    EXPECT_EQ(y[count], before[count]);
    y = before;
    kernels().map->relu(y.data(), count);
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(y[i], std::max(before[i], 0.0F));
    EXPECT_EQ(y[count], before[count]);
  }
}

// softmax(rotated q rotated kᵀ / 8) v in double precision; tables as AttentionCall has them.
class PlainAttention {
 public:
  PlainAttention(const std::vector<float>& qkv, const std::vector<float>& cos,
                 const std::vector<float>& sin, size_t tokens, size_t heads)
      : qkv_(qkv), cos_(cos), sin_(sin), tokens_(tokens), heads_(heads) {}

  std::vector<double> row(size_t head, size_t token) const {
    const auto q = rotated(0, head, token);
    std::vector<double> scores(tokens_);
    for (size_t t = 0; t < tokens_; ++t) {
      const auto k = rotated(1, head, t);
      for (size_t c = 0; c < 64; ++c) scores[t] += q[c] * k[c] / 8;
    }
    const double max = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    std::vector<double> out(64);
    for (size_t t = 0; t < tokens_; ++t) {
      const double weight = std::exp(scores[t] - max);
      sum += weight;
      for (size_t c = 0; c < 64; ++c) out[c] += weight * value(2, head, t, c);
    }
    for (double& channel : out) channel /= sum;
    return out;
  }

 private:
  double value(size_t part, size_t head, size_t token, size_t channel) const {
    return qkv_[(token * 3 + part) * heads_ * 64 + head * 64 + channel];
  }
  std::vector<double> rotated(size_t part, size_t head, size_t token) const {
    std::vector<double> x(64);
    for (size_t c = 0; c < 64; ++c)
      x[c] = value(part, head, token, c) * cos_[token * 64 + c] +
             value(part, head, token, c ^ 1U) * sin_[token * 64 + c];
    return x;
  }

  const std::vector<float>&qkv_, &cos_, &sin_;
  size_t tokens_, heads_;
};

TEST_P(KernelTest, AttentionEqualsPlainSoftmax) {
  for (const auto& [tokens, heads] : {std::pair<size_t, size_t>{2, 1},
                                      {17, 2},
                                      {37, 3},
                                      {64, 1},
                                      {197, 3},
                                      {785, 1},
                                      {1025, 1},
                                      {1370, 1}}) {
    SCOPED_TRACE(fmt::format("{} tokens, {} heads", tokens, heads));
    const size_t width = heads * 64;
    const auto values = rounded(random_values(tokens * 3 * width, 1, 2));
    const auto cos = random_values(tokens * 64, 2);
    const auto sin = random_values(tokens * 64, 3);
    Activations qkv(kernels(), values, tokens, 3 * width, 3 * width + 8);
    Activations out(kernels(), tokens, width, width + 8);
    const Buffer packed = allocate(kernels().attention->packed_bytes(tokens, heads));
    const Buffer scratch = allocate(kernels().attention->scratch_bytes(tokens));
    const kernel::AttentionCall call{qkv.data(), qkv.stride(), cos.data(), sin.data(), packed.get(),
                                     out.data(), out.stride(), tokens,     heads};
    const size_t half = tokens / 2;  // in two parts, as two threads would
    kernels().attention->pack(call, half, tokens);
    kernels().attention->pack(call, 0, half);
    kernels().attention->attend(call, half, tokens, scratch.get());
    kernels().attention->attend(call, 0, half, scratch.get());
    const auto result = out.floats();
    const PlainAttention plain(values, cos, sin, tokens, heads);
    for (size_t head = 0; head < heads; ++head)
      for (size_t token = 0; token<tokens; token += tokens> 200 ? 97 : 1) {
        const auto expected = plain.row(head, token);
        for (size_t c = 0; c < 64; ++c)
          ASSERT_NEAR(result[token * width + head * 64 + c], expected[c], bf16() ? 4e-2 : 1e-5);
      }
  }
}

// d(sum of out * d_out) / d(one number of qkv), by central differences of the plain attention.
double slope(std::vector<float> qkv, size_t at, const std::vector<float>& cos,
             const std::vector<float>& sin, const std::vector<float>& d_out, size_t tokens,
             size_t heads) {
  constexpr float step = 1.0F / 256;  // exact in float32 at these sizes
  double sums[2] = {0, 0};
  const float before = qkv[at];
  const size_t head = at % (heads * 64) / 64;
  for (const int side : {0, 1}) {
    qkv[at] = before + (side == 0 ? -step : step);
    const PlainAttention plain(qkv, cos, sin, tokens, heads);
    for (size_t token = 0; token < tokens; ++token) {
      const auto row = plain.row(head, token);
      for (size_t c = 0; c < 64; ++c)
        sums[side] += row[c] * d_out[token * heads * 64 + head * 64 + c];
    }
  }
  return (sums[1] - sums[0]) / (2 * step);
}

TEST_P(KernelTest, AttentionGradientEqualsDifferencesOfPlainSoftmax) {
  for (const auto& [tokens, heads] : {std::pair<size_t, size_t>{2, 1}, {17, 2}, {37, 3}, {64, 1}}) {
    SCOPED_TRACE(fmt::format("{} tokens, {} heads", tokens, heads));
    const size_t width = heads * 64;
    const auto qkv = rounded(random_values(tokens * 3 * width, 1, 2));
    // Angles, so that the way back is the transposed rotation, as it is for every real table.
    std::vector<float> cos(tokens * 64), sin(tokens * 64);
    for (size_t i = 0; i < cos.size(); ++i) {
      const double angle = 0.37 * static_cast<double>(i / 2);
      cos[i] = static_cast<float>(std::cos(angle));
      sin[i] = static_cast<float>(i % 2 == 0 ? -std::sin(angle) : std::sin(angle));
    }
    const auto d_out = rounded(random_values(tokens * width, 4));
    Activations rotated(kernels(), qkv, tokens, 3 * width, 3 * width);
    Activations out(kernels(), tokens, width, width);
    Activations d_y(kernels(), d_out, tokens, width, width);
    Activations result(kernels(), tokens, 3 * width, 3 * width);
    const Buffer packed = allocate(kernels().attention->packed_bytes(tokens, heads));
    const Buffer scratch = allocate(std::max(kernels().attention->scratch_bytes(tokens),
                                             kernels().attention_gradient->scratch_bytes(tokens)));
    kernels().attention->pack({rotated.data(), 3 * width, cos.data(), sin.data(), packed.get(),
                               out.data(), width, tokens, heads},
                              0, tokens);
    for (size_t head = 0; head < heads; ++head)
      kernels().attention_gradient->run({rotated.data(), d_y.data(), result.data(), 3 * width,
                                         width, cos.data(), sin.data(), tokens, heads},
                                        head, scratch.get());
    const auto d_qkv = result.floats();
    for (size_t at = 0; at < d_qkv.size(); at += 1 + at % 53)
      ASSERT_NEAR(d_qkv[at], slope(qkv, at, cos, sin, d_out, tokens, heads), bf16() ? 2e-2 : 2e-4)
          << at;
  }
}

TEST_P(KernelTest, GemmReadsNothingBesideItsRows) {
  const size_t panel = kernels().gemm->panel;
  for (const auto& [rows, k] : {std::pair<size_t, size_t>{5, 341}, {16, 32}, {37, 33}, {48, 96}}) {
    SCOPED_TRACE(fmt::format("{} rows, k {}", rows, k));
    const GemmSize size{rows, 1, k};
    const auto x = rounded(random_values(rows * k, 1));
    const auto w = rounded(random_values(panel * k, 2));
    const auto bias = random_values(panel, 3);
    std::vector<float> expected(rows * panel), found(rows * panel);
    GemmRun(kernels(), size, x, w, bias)(Epilogue::floats, expected.data(), panel);
    std::vector<std::byte> bytes(rows * k * kernels().element);
    kernels().from_floats(x.data(), bytes.data(), rows * k);
    BeforeAbyss dense(bytes);
    const Buffer packed = allocate(kernels().gemm->packed_bytes(panel, k));
    std::vector<const float*> columns;
    for (size_t c = 0; c < panel; ++c) columns.push_back(&w[c * k]);
    kernels().gemm->pack(columns.data(), panel, k, packed.get());
    kernels().gemm->run({dense.data(), k, packed.get(), bias.data(), found.data(), panel, rows,
                         panel, k, Epilogue::floats});
    EXPECT_EQ(found, expected);
  }
}

// What the tests of AMX on emulated tiles are worth: the processor's tiles give the same bits.
TEST(Amx, EmulatedTilesGiveTheBitsOfTheProcessors) {
  if (!has_amx()) GTEST_SKIP() << "this CPU has no AMX, or may not use it";
  const Kernels amx = select_kernels(Precision::bf16);
  const Kernels emulated = testing::emulated_amx();
  ASSERT_STREQ(amx.gemm->name, "AMX");
  for (const GemmSize& size :
       {GemmSize{5, 1, 64}, {37, 3, 341}, {197, 2, 192}, {48, 2, 2048}, {33, 1, 1}}) {
    SCOPED_TRACE(fmt::format("{} rows, k {}", size.rows, size.k));
    const size_t n = size.columns * amx.gemm->panel;
    auto x = random_values(size.rows * size.k, 1);
    auto w = random_values(n * size.k, 2);
    for (size_t i = 0; i < x.size(); i += 7) x[i] *= 1e-38F;  // denormal numbers
    for (size_t i = 0; i < w.size(); i += 5) w[i] *= 1e-20F;
    const auto bias = random_values(n, 3);
    GemmRun processor(amx, size, x, w, bias), software(emulated, size, x, w, bias);
    for (const Epilogue epilogue : {Epilogue::floats, Epilogue::add, Epilogue::relu}) {
      std::vector<float> expected(size.rows * n, 0.5F), found(size.rows * n, 0.5F);
      processor(epilogue, expected.data(), n);
      software(epilogue, found.data(), n);
      EXPECT_EQ(found, expected);
    }
    std::vector<uint16_t> expected(size.rows * n), found(size.rows * n);
    processor(Epilogue::store, expected.data(), n);
    software(Epilogue::store, found.data(), n);
    EXPECT_EQ(found, expected);
  }
}

TEST(Kernels, EveryInstructionSetIsTested) {
  const auto names = testing::names_of(testing::all_kernels());
  EXPECT_GE(names.size(), 1U);
  RecordProperty("targets", fmt::format("{}", fmt::join(names, " ")));
}

}  // namespace
}  // namespace evax::engine
