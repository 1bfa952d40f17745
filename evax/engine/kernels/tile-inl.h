// The inner loop of every float32 product: a few rows times one packed panel of columns.
// Included once for each instruction set (Highway's toggled include guard).

#if defined(EVAX_ENGINE_KERNELS_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_TILE_INL_H_
#undef EVAX_ENGINE_KERNELS_TILE_INL_H_
#else
#define EVAX_ENGINE_KERNELS_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

constexpr size_t lanes = hn::MaxLanes(Floats());
// Two vectors of columns: the weights loaded for a step of k serve every row of the tile.
constexpr size_t panel = 2 * lanes;
// As many rows as leave the accumulators, two weights and two inputs in registers: 16 or 32.
constexpr size_t max_rows =
    HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_NEON ? 12 : 6;

template <size_t Rows>
struct Tile {
  Vector sum[Rows][2];
};

/// Sums of Rows rows of x (stride in floats) over one panel, k in ascending order: the order, and
/// so every bit, is the same whatever the number of rows.
template <size_t Rows>
HWY_INLINE Tile<Rows> multiply_tile(const float* HWY_RESTRICT x, size_t stride,
                                    const float* HWY_RESTRICT weights, size_t k) {
  const Floats d;
  Tile<Rows> tile;
  for (size_t r = 0; r < Rows; ++r) tile.sum[r][0] = tile.sum[r][1] = hn::Zero(d);
  for (size_t i = 0; i < k; ++i) {
    const Vector w0 = hn::Load(d, weights + i * panel);
    const Vector w1 = hn::Load(d, weights + i * panel + lanes);
    for (size_t r = 0; r < Rows; ++r) {
      const Vector value = hn::Set(d, x[r * stride + i]);
      tile.sum[r][0] = hn::MulAdd(value, w0, tile.sum[r][0]);
      tile.sum[r][1] = hn::MulAdd(value, w1, tile.sum[r][1]);
    }
  }
  return tile;
}

/// Calls body(std::integral_constant<size_t, rows>): from a run-time to a compile-time row count.
template <size_t Rows = max_rows, class Body>
HWY_INLINE void with_rows(size_t rows, const Body& body) {
  if constexpr (Rows > 1) {
    if (rows != Rows) return with_rows<Rows - 1>(rows, body);
  }
  body(std::integral_constant<size_t, Rows>());
}

/// Covers [begin, end) with tiles of nearly equal height: body(row, std::integral_constant height).
template <class Body>
HWY_INLINE void for_each_tile(size_t begin, size_t end, const Body& body) {
  const size_t rows = end - begin;
  const size_t tiles = (rows + max_rows - 1) / max_rows;
  for (size_t tile = 0; tile < tiles; ++tile) {
    const size_t first = begin + tile * rows / tiles;
    const size_t last = begin + (tile + 1) * rows / tiles;
    with_rows(last - first, [&](auto height) { body(first, height); });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
