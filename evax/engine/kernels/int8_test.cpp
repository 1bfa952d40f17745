// The int8 products: codes and sums against plain loops, and one instruction set against the other.

#include "evax/core/int8.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "evax/engine/memory.h"
#include "evax/engine/testing/activations.h"
#include "evax/engine/testing/int8_gemms.h"
#include "evax/engine/testing/random.h"

namespace evax::engine {
namespace {

using kernel::Epilogue;
using kernel::Gemm;
using testing::NamedGemm;
using testing::random_values;

struct Size {
  size_t rows, columns, k;
};

// Columns: a multiple of every panel.
std::vector<Size> sizes() {
  std::vector<Size> sizes;
  for (size_t rows = 1; rows <= 14; ++rows) sizes.push_back({rows, 64, 3});
  for (const size_t k : {1, 2, 5, 63, 64, 65, 341}) sizes.push_back({17, 64, k});
  for (const size_t k : {192, 384, 768}) sizes.push_back({197, 64, k});
  sizes.push_back({21, 128, 2730});  // several blocks of k
  sizes.push_back({785, 64, 64});
  sizes.push_back({1025, 64, 192});
  sizes.push_back({1370, 64, 64});
  return sizes;
}

std::vector<float> weights_of(const Size& size) {
  auto w = random_values(size.columns * size.k, 2);
  std::fill_n(w.begin(), size.k, 0.0F);  // a column of zeros
  return w;
}

std::vector<float> activations_of(const Size& size) {
  auto x = random_values(size.rows * size.k, 1);
  if (size.rows > 1) std::fill_n(x.begin(), size.k, 0.0F);  // a row of zeros
  if (size.rows > 2) x[2 * size.k] = 1000;  // one that leaves little room for the others
  return x;
}

// `order`: which of the columns of w a packed column is. y holds `width` numbers a row.
template <class Y>
std::vector<Y> run(const Gemm& gemm, const Size& size, const void* x, size_t x_stride,
                   const std::vector<float>& w, const std::vector<float>& bias,
                   const std::vector<size_t>& order, Epilogue epilogue, size_t width) {
  std::vector<const float*> columns;
  std::vector<float> biases;
  for (const size_t c : order) {
    columns.push_back(w.data() + c * size.k);
    biases.push_back(bias[c]);
  }
  const Buffer packed = allocate(gemm.packed_bytes(size.columns, size.k));
  gemm.pack(columns.data(), size.columns, size.k, packed.get());
  std::vector<Y> y(size.rows * width);
  gemm.run({x, x_stride, packed.get(), biases.data(), y.data(), width, size.rows, size.columns,
            size.k, epilogue});
  return y;
}

std::vector<size_t> ascending(size_t count) {
  std::vector<size_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = i;
  return order;
}

// Gates in the first half of w's columns, values in the second.
std::vector<size_t> gates_then_values(size_t columns, size_t panel) {
  std::vector<size_t> order;
  for (size_t first = 0; first < columns / 2; first += panel / 2)
    for (const size_t start : {first, columns / 2 + first})
      for (size_t c = start; c < start + panel / 2; ++c) order.push_back(c);
  return order;
}

// Codes by the definition, in double precision; those of x as the processor rounds.
struct Codes {
  std::vector<double> codes;
  double scale;
};

Codes codes_of(const float* x, size_t k, bool weights) {
  float largest = 0;
  for (size_t i = 0; i < k; ++i) largest = std::max(largest, std::fabs(x[i]));
  Codes result{std::vector<double>(k), weights ? int8_scale(largest) : largest / 127};
  if (largest == 0) return result;
  const float inverse = weights ? 1 / int8_scale(largest) : 127 / largest;
  for (size_t i = 0; i < k; ++i)
    result.codes[i] = std::nearbyint(static_cast<float>(x[i] * inverse));
  return result;
}

TEST(Int8, ScalesMakeCodesExact) {
  for (const float largest : {1.0F, 0.3F, 127.0F, 1e-20F, 3e30F, 0.0123456F}) {
    const float scale = int8_scale(largest);
    EXPECT_GE(scale * 127.0, largest);
    EXPECT_LE(scale * 127.0, largest * (1 + 0x1p-15));
    for (int code = 1; code <= 127; ++code) {
      const auto value = static_cast<float>(code) * scale;
      EXPECT_EQ(static_cast<double>(value), static_cast<double>(code) * scale);
      EXPECT_EQ(std::nearbyint(value * (1 / scale)), code);
    }
    EXPECT_EQ(int8_scale(127 * scale), scale);
  }
  EXPECT_EQ(int8_scale(0), 0);
}

TEST(Int8, ProductsAreThoseOfTheCodes) {
  for (const NamedGemm& named : testing::all_int8_gemms())
    for (const Size& size : sizes()) {
      SCOPED_TRACE(fmt::format("{}: {} rows, k {}", named.name, size.rows, size.k));
      const auto x = activations_of(size);
      const auto w = weights_of(size);
      const auto bias = random_values(size.columns, 3);
      const auto y = run<float>(*named.gemm, size, x.data(), size.k, w, bias,
                                ascending(size.columns), Epilogue::floats, size.columns);
      std::vector<Codes> columns;
      for (size_t c = 0; c < size.columns; ++c)
        columns.push_back(codes_of(&w[c * size.k], size.k, true));
      for (size_t r = 0; r < size.rows; ++r) {
        const Codes row = codes_of(&x[r * size.k], size.k, false);
        for (size_t c = 0; c < size.columns; ++c) {
          double sum = 0;
          for (size_t i = 0; i < size.k; ++i) sum += row.codes[i] * columns[c].codes[i];
          const double expected = sum * row.scale * columns[c].scale;
          ASSERT_NEAR(y[r * size.columns + c], expected + bias[c],
                      4e-7 * (std::fabs(expected) + std::fabs(bias[c])));
        }
      }
    }
}

TEST(Int8, EveryInstructionSetGivesTheSameBits) {
  const auto all = testing::all_int8_gemms();
  for (const Size& size : sizes()) {
    const auto x = activations_of(size);
    const auto w = weights_of(size);
    const auto bias = random_values(size.columns, 3);
    for (const Epilogue epilogue : {Epilogue::store, Epilogue::add, Epilogue::gelu,
                                    Epilogue::swiglu, Epilogue::floats, Epilogue::relu}) {
      const auto result = [&](const Gemm& gemm) {
        const bool gates = epilogue == Epilogue::swiglu;
        return run<float>(
            gemm, size, x.data(), size.k, w, bias,
            gates ? gates_then_values(size.columns, gemm.panel) : ascending(size.columns), epilogue,
            gates ? size.columns / 2 : size.columns);
      };
      const auto expected = result(*all.front().gemm);
      for (const NamedGemm& named : all)
        ASSERT_EQ(std::memcmp(result(*named.gemm).data(), expected.data(),
                              expected.size() * sizeof(float)),
                  0)
            << named.name << ", epilogue " << static_cast<int>(epilogue) << ", rows " << size.rows
            << ", k " << size.k;
    }
  }
}

#if HWY_ARCH_X86
TEST(Int8, Bf16ActivationsGiveTheSameBitsOnTilesAndVectors) {
  if (!has_amx()) GTEST_SKIP() << "this CPU has no AMX";
  const Kernels kernels = select_kernels(Precision::bf16);
  for (const Size& size : sizes()) {
    const auto x = activations_of(size);
    testing::Activations in(kernels, x, size.rows, size.k, size.k);
    const auto w = weights_of(size);
    const auto bias = random_values(size.columns, 3);
    for (const Epilogue epilogue : {Epilogue::store, Epilogue::gelu, Epilogue::swiglu}) {
      const auto result = [&](const Gemm& gemm) {
        const bool gates = epilogue == Epilogue::swiglu;
        return run<uint16_t>(
            gemm, size, in.data(), size.k, w, bias,
            gates ? gates_then_values(size.columns, gemm.panel) : ascending(size.columns), epilogue,
            gates ? size.columns / 2 : size.columns);
      };
      ASSERT_EQ(result(kernel::gemm_int8_amx_bf16()), result(kernel::gemm_int8_vnni_bf16()))
          << "epilogue " << static_cast<int>(epilogue) << ", k " << size.k;
    }
  }
}
#endif

// What is no number must not be rounded away.
TEST(Int8, InfinitiesAndNaNsDoNotBecomeNumbers) {
  const Size size{5, 64, 70};
  const auto w = random_values(size.columns * size.k, 2);
  const auto bias = random_values(size.columns, 3);
  for (const NamedGemm& named : testing::all_int8_gemms())
    for (const float bad : {std::nanf(""), -std::nanf(""), INFINITY, -INFINITY})
      for (const size_t at : {0, 31, 63, 68, 69}) {
        auto x = random_values(size.rows * size.k, 1);
        x[2 * size.k + at] = bad;
        const auto y = run<float>(*named.gemm, size, x.data(), size.k, w, bias,
                                  ascending(size.columns), Epilogue::floats, size.columns);
        for (size_t r = 0; r < size.rows; ++r)
          for (size_t c = 0; c < size.columns; ++c)
            ASSERT_EQ(std::isfinite(y[r * size.columns + c]), r != 2)
                << named.name << ", " << bad << " at " << at;
      }
}

TEST(Int8, RowsDoNotDependOnEachOther) {
  for (const NamedGemm& named : testing::all_int8_gemms()) {
    const Size all{100, 64, 1500};
    const auto x = activations_of(all);
    const auto w = weights_of(all);
    const auto bias = random_values(all.columns, 3);
    const auto order = ascending(all.columns);
    const auto together =
        run<float>(*named.gemm, all, x.data(), all.k, w, bias, order, Epilogue::add, all.columns);
    for (size_t begin = 0, rows = 1; begin + rows <= all.rows; begin += rows, rows += 3) {
      const auto part =
          run<float>(*named.gemm, {rows, all.columns, all.k}, x.data() + begin * all.k, all.k, w,
                     bias, order, Epilogue::add, all.columns);
      ASSERT_EQ(std::memcmp(part.data(), together.data() + begin * all.columns,
                            part.size() * sizeof(float)),
                0)
          << named.name;
    }
  }
}

}  // namespace
}  // namespace evax::engine
