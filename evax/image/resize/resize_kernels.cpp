#include "evax/image/resize/resize_kernels.h"

#include <algorithm>

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/image/resize/resize_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "evax/image/resize/transpose_inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::image::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

uint8_t mix_byte(const uint8_t* in, size_t step, const int32_t* weights, size_t count) {
  int32_t sum = 1 << (weight_bits - 1);
  for (size_t k = 0; k < count; ++k) sum += weights[k] * in[k * step];
  return static_cast<uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
}

// `blocks` vectors of 32-bit sums stay in registers while the rows of the window go by.
template <size_t blocks>
HWY_INLINE void mix_block(const uint8_t* in, size_t step, const int32_t* weights, size_t count,
                          uint8_t* out) {
  const hn::ScalableTag<int32_t> d32;
  const hn::Rebind<uint8_t, decltype(d32)> d8;
  const size_t lanes = hn::Lanes(d32);
  static_assert(blocks == 1 || blocks == 4);
  auto sum0 = hn::Set(d32, 1 << (weight_bits - 1));
  auto sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (size_t k = 0; k < count; ++k) {
    const auto weight = hn::Set(d32, weights[k]);
    const uint8_t* row = in + k * step;
    const auto term = [&](size_t block) HWY_ATTR {
      return hn::Mul(weight, hn::PromoteTo(d32, hn::LoadU(d8, row + block * lanes)));
    };
    sum0 = hn::Add(sum0, term(0));
    if constexpr (blocks == 4) {
      sum1 = hn::Add(sum1, term(1));
      sum2 = hn::Add(sum2, term(2));
      sum3 = hn::Add(sum3, term(3));
    }
  }
  const auto store = [&](auto sum, size_t block) HWY_ATTR {
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<weight_bits>(sum)), d8, out + block * lanes);
  };
  store(sum0, 0);
  if constexpr (blocks == 4) {
    store(sum1, 1);
    store(sum2, 2);
    store(sum3, 3);
  }
}

void mix_row(const uint8_t* in, size_t step, const int32_t* weights, size_t count, size_t bytes,
             uint8_t* out) {
  const size_t lanes = hn::Lanes(hn::ScalableTag<int32_t>());
  size_t x = 0;
  for (; x + 4 * lanes <= bytes; x += 4 * lanes)
    mix_block<4>(in + x, step, weights, count, out + x);
  for (; x + lanes <= bytes; x += lanes) mix_block<1>(in + x, step, weights, count, out + x);
  if (x == bytes) return;
  if (bytes >= lanes) {  // the last vector overlaps the one before
    x = bytes - lanes;
    mix_block<1>(in + x, step, weights, count, out + x);
  } else {
    for (; x < bytes; ++x) out[x] = mix_byte(in + x, step, weights, count);
  }
}

void mix_rows(const uint8_t* in, size_t in_step, std::span<const Window> windows,
              const int32_t* weights, size_t planes, size_t bytes, uint8_t* out, size_t out_step) {
  for (const Window& window : windows)
    for (size_t plane = 0; plane < planes; ++plane, out += out_step)
      mix_row(in + (window.first * planes + plane) * in_step, planes * in_step,
              weights + window.weights, window.count, bytes, out);
}

void transpose_edge(const uint8_t* in, size_t in_step, size_t rows, size_t columns, uint8_t* out,
                    size_t out_step) {
  for (size_t x = 0; x < columns; ++x)
    for (size_t y = 0; y < rows; ++y) out[x * out_step + y] = in[y * in_step + x];
}

void transpose_block(const uint8_t* in, size_t in_step, uint8_t* out, size_t out_step) {
#if EVAX_IMAGE_HAVE_TILES
  const TileTag d;
  TileRow rows[tile];
  for (size_t i = 0; i < tile; ++i) rows[i] = hn::LoadU(d, in + i * in_step);
  transpose_tile(rows);
  for (size_t i = 0; i < tile; ++i) hn::StoreU(rows[i], d, out + i * out_step);
#else
  transpose_edge(in, in_step, tile, tile, out, out_step);
#endif
}

void transpose(const uint8_t* in, size_t in_step, size_t rows, size_t columns, uint8_t* out,
               size_t out_step) {
  const size_t whole_rows = rows - rows % tile;
  const size_t whole_columns = columns - columns % tile;
  for (size_t x = 0; x < whole_columns; x += tile)
    for (size_t y = 0; y < whole_rows; y += tile)
      transpose_block(in + y * in_step + x, in_step, out + x * out_step + y, out_step);
  transpose_edge(in + whole_columns, in_step, whole_rows, columns - whole_columns,
                 out + whole_columns * out_step, out_step);
  transpose_edge(in + whole_rows * in_step, in_step, rows - whole_rows, columns, out + whole_rows,
                 out_step);
}

}  // namespace
}  // namespace evax::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::image {

HWY_EXPORT(mix_rows);
HWY_EXPORT(transpose);

void mix_rows(const uint8_t* in, size_t in_step, std::span<const Window> windows,
              const int32_t* weights, size_t planes, size_t bytes, uint8_t* out, size_t out_step) {
  HWY_DYNAMIC_DISPATCH(mix_rows)(in, in_step, windows, weights, planes, bytes, out, out_step);
}

void transpose(const uint8_t* in, size_t in_step, size_t rows, size_t columns, uint8_t* out,
               size_t out_step) {
  HWY_DYNAMIC_DISPATCH(transpose)(in, in_step, rows, columns, out, out_step);
}

}  // namespace evax::image
#endif
