// Float32 matrix product on packed panels, one source for every instruction set.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evax/engine/kernels/gemm_f32.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <algorithm>

#include "evax/engine/kernels/exp-inl.h"
#include "evax/engine/kernels/gemm.h"
#include "evax/engine/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

// Inputs of one pass stay in the second-level cache: at most this many floats of x, in blocks of at
// most this many of k. Panels of weights then stream past them.
constexpr size_t max_block_floats = 160 * 1024;
constexpr size_t max_block_k = 1024;

size_t packed_bytes(size_t columns, size_t k) { return columns * k * sizeof(float); }

// [columns / panel][k][panel]
void pack(const float* const* weights, size_t columns, size_t k, void* packed) {
  auto* out = static_cast<float*>(packed);
  for (size_t first = 0; first < columns; first += panel, out += panel * k)
    for (size_t block = 0; block < k; block += 16)  // whole cache lines of the source
      for (size_t c = 0; c < panel; ++c) {
        const float* source = weights[first + c];
        for (size_t i = block; i < std::min(k, block + 16); ++i)
          out[i * panel + c] = source == nullptr ? 0.0F : source[i];
      }
}

struct Block {
  size_t row, rows, k_begin, k_end;
};

template <size_t Rows>
HWY_INLINE void finish_tile(const GemmCall& call, const Tile<Rows>& tile, size_t row, size_t column,
                            bool first, bool accumulate) {
  const Floats d;
  Vector bias[2] = {hn::Zero(d), hn::Zero(d)};
  if (first) {
    bias[0] = hn::LoadU(d, call.bias + column);
    bias[1] = hn::LoadU(d, call.bias + column + lanes);
  }
  if (call.epilogue == Epilogue::swiglu) {
    auto* y = static_cast<float*>(call.y) + row * call.y_stride + column / 2;
    for (size_t r = 0; r < Rows; ++r, y += call.y_stride)
      hn::StoreU(
          hn::Mul(silu(d, hn::Add(tile.sum[r][0], bias[0])), hn::Add(tile.sum[r][1], bias[1])), d,
          y);
    return;
  }
  auto* y = static_cast<float*>(call.y) + row * call.y_stride + column;
  for (size_t r = 0; r < Rows; ++r, y += call.y_stride)
    for (size_t v = 0; v < 2; ++v) {
      Vector value = hn::Add(tile.sum[r][v], bias[v]);
      if (accumulate) value = hn::Add(value, hn::LoadU(d, y + v * lanes));
      hn::StoreU(value, d, y + v * lanes);
    }
}

void run_block(const GemmCall& call, const Block& block) {
  const bool first = block.k_begin == 0;
  const bool accumulate = call.epilogue == Epilogue::add || !first;
  const size_t k = block.k_end - block.k_begin;
  for (size_t column = 0; column < call.columns; column += panel) {
    const float* weights =
        static_cast<const float*>(call.weights) + column * call.k + block.k_begin * panel;
    for_each_tile(block.row, block.row + block.rows, [&](size_t row, auto height) {
      const float* x = static_cast<const float*>(call.x) + row * call.x_stride + block.k_begin;
      const auto tile = multiply_tile<height()>(x, call.x_stride, weights, k);
      finish_tile<height()>(call, tile, row, column, first, accumulate);
    });
  }
}

void run(const GemmCall& call) {
  // SwiGLU needs whole sums, so k stays in one piece.
  const size_t k_blocks =
      call.epilogue == Epilogue::swiglu ? 1 : (call.k + max_block_k - 1) / max_block_k;
  const size_t row_blocks = (call.rows * call.k / k_blocks) / max_block_floats + 1;
  for (size_t b = 0; b < row_blocks; ++b) {
    const size_t begin = b * call.rows / row_blocks;
    const size_t end = (b + 1) * call.rows / row_blocks;
    for (size_t kb = 0; kb < k_blocks; ++kb)
      run_block(call, {begin, end - begin, kb * call.k / k_blocks, (kb + 1) * call.k / k_blocks});
  }
}

const Gemm& table() {
  static const Gemm gemm{hwy::TargetName(HWY_TARGET), panel, packed_bytes, pack, run};
  return gemm;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evax::engine::kernel {
HWY_EXPORT(table);
const Gemm& gemm_f32() { return HWY_DYNAMIC_DISPATCH(table)(); }
}  // namespace evax::engine::kernel
#endif
