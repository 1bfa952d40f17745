#include "evax/core/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "evax/core/error.h"
#include "evax/core/float16.h"

namespace evax {
namespace {

TEST(Float16, KnownValues) {  // IEEE 754-2008 binary16
  EXPECT_EQ(float_to_f16(1.0F), 0x3C00);
  EXPECT_EQ(float_to_f16(-2.0F), 0xC000);
  EXPECT_EQ(float_to_f16(65504.0F), 0x7BFF);
  EXPECT_EQ(float_to_f16(65519.996F), 0x7BFF);
  EXPECT_EQ(float_to_f16(65520.0F), 0x7C00);
  EXPECT_EQ(float_to_f16(0x1p-24F), 0x0001);
  EXPECT_EQ(float_to_f16(0x1p-25F), 0x0000);  // tie to even
  EXPECT_EQ(float_to_f16(0x1.8p-25F), 0x0001);
  EXPECT_EQ(float_to_f16(0x1.ff8p-15F), 0x03FF);  // the largest subnormal
  EXPECT_EQ(float_to_f16(1.0F + 0x1p-11F), 0x3C00);
  EXPECT_EQ(float_to_f16(1.0F + 0x1.8p-10F), 0x3C02);
  EXPECT_EQ(float_to_bf16(1.0F + 0x1p-8F), 0x3F80);  // tie to even
  EXPECT_EQ(float_to_bf16(1.0F + 0x1.8p-7F), 0x3F82);
}

TEST(Float16, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (!std::isnan(f16_to_float(half))) {
      EXPECT_EQ(float_to_f16(f16_to_float(half)), half);
    }
    if (!std::isnan(bf16_to_float(half))) {
      EXPECT_EQ(float_to_bf16(bf16_to_float(half)), half);
    }
  }
}

TEST(Float16, NanStaysNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(f16_to_float(float_to_f16(nan))));
  EXPECT_TRUE(std::isnan(bf16_to_float(float_to_bf16(nan))));
}

TEST(ElementCount, RefusesNegativeAndOverflowing) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({2, 0, 3}), 0);
  EXPECT_THROW(element_count({2, -1}), Error);
  EXPECT_THROW(element_count({int64_t{1} << 40, int64_t{1} << 40}), Error);
}

TEST(TensorTest, ViewNeedsTheRightSize) {
  const std::vector<std::byte> bytes(7);
  EXPECT_THROW(Tensor(DType::f32, {2}, bytes, nullptr), Error);
  EXPECT_THROW(Tensor(DType::f16, {3}, bytes, nullptr), Error);
  EXPECT_EQ(Tensor(DType::u8, {7}, bytes, nullptr).elements(), 7);
}

TEST(TensorTest, ConvertsBetweenFloatingDtypes) {
  const float values[] = {1.5F, -0.25F, 1024.0F};
  const Tensor tensor = Tensor::from_floats({3}, values);
  for (const DType dtype : {DType::f16, DType::bf16, DType::f64}) {
    const Tensor back = tensor.to(dtype).to_f32();
    EXPECT_TRUE(std::equal(values, values + 3, back.floats().begin())) << name_of(dtype);
  }
  EXPECT_EQ(tensor.to_f32().bytes().data(), tensor.bytes().data())
      << "no copy when nothing changes";
  EXPECT_EQ(tensor.reshaped({1, 3}).shape(), (Shape{1, 3}));
  EXPECT_THROW(tensor.reshaped({2}), Error);
}

TEST(TensorTest, UnalignedViewsAreCopied) {
  std::vector<std::byte> bytes(9);
  const float one = 1;
  std::memcpy(bytes.data() + 1, &one, sizeof one);
  const Tensor view(DType::f32, {2}, std::span(bytes).subspan(1), nullptr);
  EXPECT_EQ(view.to_f32().floats()[0], 1.0F);
}

}  // namespace
}  // namespace evax
