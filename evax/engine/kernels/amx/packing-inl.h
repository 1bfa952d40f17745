// Rows of activations as tiles take them. Included once for each instruction set (Highway's toggled
// include guard).

#if defined(EVAX_ENGINE_KERNELS_AMX_PACKING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef EVAX_ENGINE_KERNELS_AMX_PACKING_INL_H_
#undef EVAX_ENGINE_KERNELS_AMX_PACKING_INL_H_
#else
#define EVAX_ENGINE_KERNELS_AMX_PACKING_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace evax::engine::kernel {
namespace HWY_NAMESPACE {
namespace {

/// 16 columns of 32 rows as a tile of weights, [pair of rows][column][2]; rows from `rows` on are
/// zeros. Type: bf16 of this instruction set.
template <class Type>
HWY_INLINE void pair_tile(const typename Type::T* x, size_t stride, size_t rows,
                          typename Type::T* tile) {
  static constexpr typename Type::T zeros[16] = {};
  const auto row = [&](size_t i) { return i < rows ? x + i * stride : zeros; };
  for (size_t i = 0; i < 32; i += 2) Type::pair_rows(row(i), row(i + 1), tile + i * 16);
}

/// The same transposed, [column][row]: a tile of inputs.
template <class Type>
HWY_INLINE void transpose_tile(const typename Type::T* x, size_t stride, size_t rows,
                               typename Type::T* tile) {
  HWY_ALIGN typename Type::T pairs[16 * 32];
  pair_tile<Type>(x, stride, rows, pairs);
  Type::transpose_pairs(pairs, 32, 16, tile);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evax::engine::kernel
HWY_AFTER_NAMESPACE();

#endif
