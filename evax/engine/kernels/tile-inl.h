// How a product is cut into tiles that fit the registers: a few rows of inputs times one packed
// panel of columns. Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_TILE_INL_H_
#undef EVAX_ENGINE_KERNELS_TILE_INL_H_
#else
#define EVAX_ENGINE_KERNELS_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "evax/engine/kernels/gemm.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

constexpr size_t lanes = hn::MaxLanes(Floats());
// Two vectors of columns: the weights loaded for a step of k serve every row of the tile.
constexpr size_t panel = 2 * lanes;
// As many rows as leave the sums, two vectors of weights and an input in the registers: 16 or 32.
constexpr size_t max_rows =
    HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON ? 12 : 6;

template <size_t Rows, class Sum = Vector>
struct Tile {
  Sum sum[Rows][2];
};

/// What a type of numbers is to a product whose sums are float32: they are the result.
struct FloatSums {
  using Sum = Vector;
  using Call = GemmCall;
  static HWY_INLINE Vector product(const Call& /*call*/, Sum sum, size_t /*row*/,
                                   size_t /*column*/) {
    return sum;
  }
};

/// Rows of x times one panel, for the types of f32-inl.h, bf16-inl.h and int8/; transposed, x is [k
/// / step] [rows][step], as Type::store_part() writes it. k ascends: the order, and so every bit of
/// a sum, is the same whatever the number of rows.
template <class Type, size_t Rows, bool transposed = false>
HWY_INLINE Tile<Rows, typename Type::Sum> multiply(const typename Type::T* HWY_RESTRICT x,
                                                   size_t stride,
                                                   const typename Type::T* HWY_RESTRICT weights,
                                                   size_t k) {
  Tile<Rows, typename Type::Sum> tile;
  const hn::DFromV<typename Type::Sum> d;
  for (size_t r = 0; r < Rows; ++r) tile.sum[r][0] = tile.sum[r][1] = hn::Zero(d);
  const auto step = [&](size_t i, const auto& broadcast) {
    const auto w0 = Type::load_weights(weights + i * panel);
    const auto w1 = Type::load_weights(weights + i * panel + Type::step * lanes);
    for (size_t r = 0; r < Rows; ++r) {
      const auto value = broadcast(x + (transposed ? i * stride + r * Type::step : r * stride + i));
      tile.sum[r][0] = Type::multiply_add(value, w0, tile.sum[r][0]);
      tile.sum[r][1] = Type::multiply_add(value, w1, tile.sum[r][1]);
    }
  };
  const size_t whole = k / Type::step * Type::step;
  for (size_t i = 0; i < whole; i += Type::step)
    step(i, [](const auto* value) { return Type::broadcast(value); });
  if constexpr (requires { Type::broadcast_last(x); })
    if (whole < k) step(whole, [](const auto* value) { return Type::broadcast_last(value); });
  return tile;
}

template <size_t N>
struct Height {
  static constexpr size_t value = N;
};

/// Calls body(Height<rows>()): from a run-time to a compile-time number of rows, 1 to max_rows.
template <size_t N = max_rows, class Body>
HWY_INLINE void with_height(size_t rows, const Body& body) {
  if constexpr (N > 1) {
    if (rows != N) return with_height<N - 1>(rows, body);
  }
  body(Height<N>());
}

inline size_t tile_count(size_t rows) { return (rows + max_rows - 1) / max_rows; }

/// Covers [begin, end) with tiles of nearly equal height: body(row, Height).
template <class Body>
HWY_INLINE void for_each_tile(size_t begin, size_t end, const Body& body) {
  const size_t rows = end - begin;
  const size_t tiles = tile_count(rows);
  for (size_t tile = 0; tile < tiles; ++tile) {
    const size_t first = begin + tile * rows / tiles;
    const size_t last = begin + (tile + 1) * rows / tiles;
    with_height(last - first, [&](auto height) { body(first, height); });
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
