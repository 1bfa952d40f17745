// The gradient of a linear layer on AMX tiles (weight_gradient.h), for the tiles of tiles.h and the
// bf16 of this instruction set. Included once for each instruction set (Highway's toggled include
// guard).

#if defined(EVAX_ENGINE_KERNELS_AMX_WEIGHT_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_AMX_WEIGHT_GRADIENT_INL_H_
#undef EVAX_ENGINE_KERNELS_AMX_WEIGHT_GRADIENT_INL_H_
#else
#define EVAX_ENGINE_KERNELS_AMX_WEIGHT_GRADIENT_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "evax/engine/kernels/amx/packing-inl.h"
#include "evax/engine/kernels/amx/product-inl.h"
#include "evax/engine/kernels/amx/tiles.h"
#include "evax/engine/kernels/weight_gradient.h"

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// A product of d_yᵀ with x packed as weights. Tiles: HardwareTiles or EmulatedTiles; Type: bf16 of
/// this instruction set.
template <class Tiles, class Type>
struct AmxWeightGradient {
  using T = typename Type::T;
  using Product = AmxProduct<Tiles, Type>;

  static constexpr size_t block = amx_panel;
  static constexpr size_t step = amx_step<T>;

  static size_t k(const WeightGradientCall& call) { return amx_steps<T>(call.rows) * step; }

  static size_t packed_bytes(size_t rows, size_t inputs) {
    return Product::packed_bytes(inputs, amx_steps<T>(rows) * step);
  }

  static void pack(const WeightGradientCall& call, size_t begin, size_t end) {
    const auto* x = static_cast<const T*>(call.x);
    auto* packed = static_cast<T*>(call.packed);
    // Rows outside, so that neighbouring blocks share what is read of a row.
    for (size_t row = 0; row < call.rows; row += step)
      for (size_t c = begin * block; c < end * block; c += 16)
        pair_tile<Type>(
            x + row * call.inputs + c, call.inputs, call.rows - row,
            packed + c / block * block * k(call) + Product::packed_index(row, c % block));
  }

  // The transpose stays in the second-level cache until it is multiplied.
  static void multiply(const WeightGradientCall& call, size_t begin, size_t end) {
    static thread_local Scratch memory, zeros;
    const size_t first = begin * block;
    const size_t count = (end - begin) * block;
    // An odd number of cache lines, lest 16 rows share a few sets of the cache.
    const size_t stride = (amx_steps<T>(call.rows) | 1) * step;
    auto* const d_y = reinterpret_cast<T*>(memory.take(count * stride * sizeof(T)));
    std::fill_n(call.d_bias + first, count, 0.0F);
    for (size_t row = 0; row < call.rows; row += step)
      for (size_t c = 0; c < count; c += 16)
        transpose(call, row, first + c, d_y + c * stride + row, stride);
    // New memory is zero, and nothing else is ever written to it.
    const auto* no_bias = reinterpret_cast<const float*>(zeros.take(call.inputs * sizeof(float)));
    Product::run({d_y, stride, call.packed, no_bias, call.d_weight + first * call.inputs,
                  call.inputs, count, call.inputs, k(call), Epilogue::floats});
  }

  // 16 columns of 32 rows, and their sums.
  static HWY_INLINE void transpose(const WeightGradientCall& call, size_t row, size_t column,
                                   T* out, size_t stride) {
    const Floats d;
    const size_t rows = std::min(step, call.rows - row);
    const T* d_y = static_cast<const T*>(call.d_y) + row * call.outputs + column;
    HWY_ALIGN T tile[16 * step];
    transpose_tile<Type>(d_y, call.outputs, rows, tile);
    for (size_t i = 0; i < 16; ++i) std::memcpy(out + i * stride, tile + i * step, tile_row_bytes);
    for (size_t c = 0; c < 16; c += lanes) {
      float* const bias = call.d_bias + column + c;
      Vector sum = hn::LoadU(d, bias);
      for (size_t i = 0; i < rows; ++i) sum = hn::Add(sum, Type::load(d_y + i * call.outputs + c));
      hn::StoreU(sum, d, bias);
    }
  }

  static const WeightGradientKernel& table() {
    static const WeightGradientKernel kernel{block, packed_bytes, pack, multiply};
    return kernel;
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
